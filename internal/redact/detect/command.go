package detect

import "strings"

// maxCommand bounds how far behind a command's name its arguments are looked for.
const maxCommand = 400

// field is one argument of a command line, with its quotes.
type field struct{ start, end int }

// fields splits what follows at i into arguments, up to the end of the line.
func fields(text string, i int, dst []field) []field {
	limit := min(len(text), i+maxCommand)
	for i < limit && len(dst) < cap(dst) {
		for i < limit && (text[i] == ' ' || text[i] == '\t' || text[i] == '\\') {
			i++
		}
		if i >= limit || text[i] == '\n' || text[i] == '|' || text[i] == ';' {
			break
		}
		start := i
		for i < limit && text[i] != ' ' && text[i] != '\n' && text[i] != '\t' && text[i] != ';' {
			if q := text[i]; q == '"' || q == '\'' {
				if end := strings.IndexByte(text[i+1:limit], q); end >= 0 {
					i += end + 1
				}
			}
			i++
		}
		dst = append(dst, field{start, i})
	}
	return dst
}

// take makes the bytes from start to end, quotes around them aside, the match.
func (m *match) take(start, end int) bool {
	for start < end && strings.IndexByte("\"'`", m.text[start]) >= 0 {
		start++
	}
	for end > start && strings.IndexByte("\"'`),", m.text[end-1]) >= 0 {
		end--
	}
	m.start, m.end = start, end
	v := m.text[start:end]
	return len(v) >= 3 && !isReference(v) && !isStars(v) && !strings.HasPrefix(v, "[REDACTED:")
}

// curlUser takes the password of -u user:password, --user and --proxy-user.
func curlUser(m *match) bool {
	var buf [40]field
	args := fields(m.text, m.to, buf[:0])
	for i, a := range args {
		arg := m.text[a.start:a.end]
		value := field{}
		switch {
		case (arg == "-u" || arg == "--user" || arg == "-U" || arg == "--proxy-user") && i+1 < len(args):
			value = args[i+1]
		case strings.HasPrefix(arg, "-u") && len(arg) > 4 && arg[2] != 'r':
			value = field{a.start + 2, a.end}
		case strings.HasPrefix(arg, "--user="):
			value = field{a.start + 7, a.end}
		default:
			continue
		}
		if colon := strings.IndexByte(m.text[value.start:value.end], ':'); colon >= 0 {
			return m.take(value.start+colon+1, value.end) ||
				m.text[value.start+colon:value.end] == `:"` && m.take(value.start, value.start+colon) // user:password, or "token:"
		}
	}
	return false
}

// passwordFlag is the flag that takes the password, by command.
var passwordFlag = map[string]string{
	"sshpass -p": "", "mysql ": "-p", "mysqldump ": "-p", "mysqladmin ": "-p", "mariadb ": "-p", "docker login ": "-p", "podman login ": "-p", "helm registry login ": "-p",
	"redis-cli ": "-a", "mongosh ": "-p", "mongo ": "-p", "psql ": "--password", "smbclient ": "-U", "rpcclient ": "-U", "ldapsearch ": "-w", "psexec ": "-p", "psexec.exe ": "-p", "wmic ": "/password:",
	"plink ": "-pw", "pscp ": "-pw", "az login ": "-p", "sqlcmd ": "-P", "xfreerdp ": "/p:", "evil-winrm ": "-p", "vault login ": "token=", "net use ": "/user:", "net user ": "", "htpasswd ": "-b",
}

// commandPassword takes the value of the command's password flag, behind it or joined to it.
func commandPassword(m *match) bool {
	command := strings.ToLower(m.text[m.at:m.to])
	flag := passwordFlag[command]
	var buf [40]field
	args := fields(m.text, m.to, buf[:0])
	if len(args) == 0 {
		return false
	}
	switch command {
	case "sshpass -p":
		return m.take(args[0].start, args[0].end)
	case "net user ":
		return len(args) > 1 && m.text[args[1].start] != '/' && strings.Contains(m.text[m.at:args[len(args)-1].end], "/add") && m.take(args[1].start, args[1].end)
	}
	for i, a := range args {
		arg := m.text[a.start:a.end]
		switch {
		case command == "htpasswd " && arg[0] == '-' && strings.Contains(arg, "b"): // -b file user password
			return i+3 < len(args) && m.take(args[i+3].start, args[i+3].end)
		case flag == "-U" && arg == flag && i+1 < len(args): // user%password
			if p := strings.IndexByte(m.text[args[i+1].start:args[i+1].end], '%'); p >= 0 {
				return m.take(args[i+1].start+p+1, args[i+1].end)
			}
		case command == "net use " && strings.HasPrefix(arg, flag) && i+1 < len(args):
			return m.text[args[i+1].start] != '/' && m.take(args[i+1].start, args[i+1].end)
		case arg == flag && i+1 < len(args):
			return m.text[args[i+1].start] != '-' && !joinedOnly(command) && m.take(args[i+1].start, args[i+1].end)
		case flag != "" && strings.HasPrefix(arg, flag) && len(arg) > len(flag)+2 && (joinedOnly(command) || flag[0] != '-'):
			return m.take(a.start+len(flag), a.end)
		}
	}
	return false
}

// joinedOnly says that the value stands right behind the flag: mysql -psecret.
func joinedOnly(command string) bool {
	return strings.HasPrefix(command, "mysql") || command == "mariadb "
}

// netrc takes the password of a machine's line.
func netrc(m *match) bool {
	var buf [16]field
	args := fields(strings.ReplaceAll(m.text[m.to:min(len(m.text), m.to+maxCommand)], "\n", " "), 0, buf[:0])
	for i := 1; i+1 < len(args); i++ {
		if w := m.text[m.to+args[i].start : m.to+args[i].end]; w == "password" {
			return m.take(m.to+args[i+1].start, m.to+args[i+1].end)
		}
	}
	return false
}
