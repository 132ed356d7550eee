package detect

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
)

// The examples of formats that patterns cannot make. All are drawn by lot at each call.

func draw(rng *rand.Rand, set string, n int) string {
	chars := charsOf(set)
	list := chars.members()
	b := make([]byte, n)
	for i := range b {
		b[i] = list[rng.IntN(len(list))]
	}
	return string(b)
}

func drawBytes(rng *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func pick(rng *rand.Rand, of ...string) string { return of[rng.IntN(len(of))] }

// password is a password as people and generators make them: letters, digits, a sign or none.
func password(rng *rand.Rand) string {
	return draw(rng, "A-Za-z", 4+rng.IntN(6)) + draw(rng, "0-9", 2+rng.IntN(4)) + pick(rng, "", "!", "#", "$x", "^", "_z")
}

func jwtExample(rng *rand.Rand) string {
	part := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	return part(`{"alg":"`+pick(rng, "HS256", "RS256", "ES256")+`","typ":"JWT"}`) + "." +
		part(fmt.Sprintf(`{"sub":"%s","iat":%d}`, draw(rng, "a-z0-9", 12), 1_600_000_000+rng.IntN(1e8))) + "." + draw(rng, "A-Za-z0-9_\\-", 43)
}

func keyLines(rng *rand.Rand, lines int) string {
	var b strings.Builder
	for range lines {
		b.WriteString(base64.StdEncoding.EncodeToString(drawBytes(rng, 48)) + "\n")
	}
	return b.String()
}

func pemExample(rng *rand.Rand) string {
	label := pick(rng, "RSA PRIVATE KEY", "PRIVATE KEY", "EC PRIVATE KEY", "OPENSSH PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK")
	text := "-----BEGIN " + label + "-----\n" + keyLines(rng, 4+rng.IntN(20))
	if rng.IntN(4) == 0 {
		return strings.TrimSpace(text) // cut off
	}
	return text + "-----END " + label + "-----"
}

func pemTailExample(rng *rand.Rand) string {
	return keyLines(rng, 4+rng.IntN(20)) + "-----END " + pick(rng, "RSA ", "") + "PRIVATE KEY-----"
}

func jwkOctExample(rng *rand.Rand) string {
	return `{"kty":"oct","k":"` + base64.RawURLEncoding.EncodeToString(drawBytes(rng, 32)) + `"}`
}

func urlExample(rng *rand.Rand) string {
	return pick(rng, "postgres", "postgresql", "mysql", "mongodb+srv", "redis", "amqp", "https", "ftp", "smtp", "clickhouse", "nats") + "://" + draw(rng, "a-z", 5) + ":" + draw(rng, "A-Za-z0-9!$.\\-", 12) + "@" + draw(rng, "a-z", 6) + ".internal:5432/db"
}

func oracleExample(rng *rand.Rand) string {
	return "jdbc:oracle:thin:scott/" + password(rng) + "@db.internal:1521/x"
}

func basicExample(rng *rand.Rand) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(draw(rng, "a-z", 6)+":"+password(rng)))
}

func authorizationExample(rng *rand.Rand) string {
	return pick(rng, "Authorization: ", "authorization: ", "Authorization: Token ", "Proxy-Authorization: ApiKey ") + draw(rng, "A-Za-z0-9", 30) + draw(rng, "0-9", 2)
}

func digestExample(rng *rand.Rand) string {
	return `Digest username="` + draw(rng, "a-z", 6) + `", realm="x", nonce="` + draw(rng, "0-9a-f", 32) + `", uri="/", response="` + draw(rng, "0-9a-f", 32) + `"`
}

func cookieExample(rng *rand.Rand) string {
	return pick(rng, "Cookie: ", "Set-Cookie: ") + draw(rng, "a-z", 6) + "=" + draw(rng, "A-Za-z0-9", 24)
}

func curlExample(rng *rand.Rand) string {
	return "curl -sS " + pick(rng, "-u ", "--user ") + draw(rng, "a-z", 6) + ":" + password(rng) + " https://api.internal/v1"
}

func commandExample(rng *rand.Rand) string {
	p := password(rng)
	return pick(rng, "sshpass -p "+p+" ssh host", "mysql -u root -p"+p+" db", "redis-cli -h cache -a "+p, "docker login -u ci -p "+p, "mongosh -u admin -p "+p, "ldapsearch -x -w "+p)
}

func netrcExample(rng *rand.Rand) string {
	return "machine " + draw(rng, "a-z", 8) + ".internal login ci password " + password(rng)
}

func vendorExample(rng *rand.Rand) string {
	return pick(rng, "DATADOG", "algolia", "Heroku", "twilio_auth") + pick(rng, "=", ": ", ` = "`) + draw(rng, "0-9a-f", 32)
}

func openAIExample(rng *rand.Rand) string {
	return "sk-" + pick(rng, "", "proj-", "svcacct-", "admin-") + draw(rng, "A-Za-z0-9", 20) + "T3BlbkFJ" + draw(rng, "A-Za-z0-9", 20)
}

func githubExample(rng *rand.Rand) string {
	body := draw(rng, "A-Za-z0-9", 30)
	return pick(rng, "ghp_", "gho_", "ghu_", "ghs_", "ghr_") + body + checksum62(body)
}

func npmExample(rng *rand.Rand) string {
	body := draw(rng, "A-Za-z0-9", 30)
	return "npm_" + body + checksum62(body)
}

func rapidExample(rng *rand.Rand) string {
	return draw(rng, "0-9a-f", 10) + "msh" + draw(rng, "0-9a-f", 12) + "p1" + draw(rng, "0-9a-f", 5) + "jsn" + draw(rng, "0-9a-f", 12)
}

func kubeadmExample(rng *rand.Rand) string {
	return "kubeadm join --token " + draw(rng, "a-z0-9", 6) + "." + draw(rng, "a-z0-9", 16)
}

func emailExample(rng *rand.Rand) string {
	return draw(rng, "a-z", 5) + pick(rng, ".", "_", "+", "") + draw(rng, "a-z0-9", 5) + "@" + draw(rng, "a-z", 7) + pick(rng, ".com", ".org", ".co.uk", ".de")
}

func labelledPhoneExample(rng *rand.Rand) string {
	return pick(rng, "phone: ", "Tel. ", "mobile number is ") + "0" + draw(rng, "1-9", 2) + " " + draw(rng, "0-9", 7)
}

func labelledIDExample(rng *rand.Rand) string {
	return pick(rng, "SSN: ", "national_id=", "BSN ", "tax id: ") + draw(rng, "1-9", 1) + draw(rng, "0-9", 8)
}

func documentExample(rng *rand.Rand) string {
	return pick(rng, "passport number: ", "Passport no. ", "driving licence: ") + draw(rng, "A-Z", 2) + draw(rng, "0-9", 7)
}

func birthExample(rng *rand.Rand) string {
	return pick(rng, "date of birth: ", "DOB ", "born on ") + fmt.Sprintf("%04d-%02d-%02d", 1940+rng.IntN(70), 1+rng.IntN(12), 1+rng.IntN(28))
}

func discordExample(rng *rand.Rand) string {
	return pick(rng, "M", "N", "O") + draw(rng, "A-Za-z0-9", 25) + "." + draw(rng, "A-Za-z0-9", 6) + "." + draw(rng, "A-Za-z0-9_", 38)
}

func announcedExample(rng *rand.Rand) string {
	return "Please use the following password to proceed to installation:\n\n" + draw(rng, "0-9a-f", 30) + draw(rng, "a-f", 2)
}

func directoryExample(rng *rand.Rand) string {
	return `new DirectoryEntry("LDAP://dc", "CORP\ci", "` + password(rng) + `")`
}

func vaultExample(rng *rand.Rand) string {
	return pick(rng, "s.", "b.", "r.") + draw(rng, "A-Z", 1) + draw(rng, "a-z", 1) + draw(rng, "A-Za-z0-9", 18) + draw(rng, "0-9", 4)
}

func credentialExample(rng *rand.Rand) string {
	return `new NetworkCredential("ci@corp.internal", "` + password(rng) + `")`
}

func secureStringExample(rng *rand.Rand) string {
	return `ConvertTo-SecureString "` + password(rng) + `" -AsPlainText -Force`
}

func travisExample(rng *rand.Rand) string {
	text := `secure: "`
	for range 1 + rng.IntN(4) {
		text += draw(rng, "A-Za-z0-9+/", 64) + pick(rng, "", "\n", "\\\n")
	}
	return text + `="`
}
