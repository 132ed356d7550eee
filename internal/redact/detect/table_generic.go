package detect

// Keys and tokens of open formats, and what headers, addresses and command lines carry.
var genericFormats = []format{
	{id: "jwt", anchors: "eyJ", right: "[A-Za-z0-9_-]{10,}", loose: true, check: jwt, source: "RFC 7519", example: jwtExample},
	{id: "private-key", anchors: "-----BEGIN␣ -----BEGIN\u00a0 ----␣BEGIN␣SSH2␣", inner: true, check: pemBegin, source: "RFC 7468, RFC 4716, RFC 9580", example: pemExample},
	{id: "private-key", anchors: "-----END␣", inner: true, check: pemEnd, source: "RFC 7468", example: pemTailExample},
	{id: "putty-private-key", anchors: "Private-Lines:", right: "[0-9 ]{1,5}[\r\n]{1,2}[A-Za-z0-9+/=\r\n]{40,}", loose: true, check: bodyOnly, source: "the.earth.li/~sgtatham/putty"},
	{id: "age-secret-key", anchors: "AGE-SECRET-KEY-1 AGE-PLUGIN-", right: "[A-Z0-9-]{40,}", source: "age-encryption.org/v1"},
	{id: "jwk-private-key", anchors: `"d":" "dp":" "dq":" "qi":" "d":␣" "dp":␣" "dq":␣" "qi":␣"`, inner: true, right: "[A-Za-z0-9_-]{20,}", loose: true, check: all(bodyOnly, mixedBody, entropyOf(3.8)), source: "RFC 7518"},
	{id: "jwk-symmetric-key", anchors: `"k":" "k":␣"`, inner: true, right: "[A-Za-z0-9_-]{22,}", loose: true, check: all(bodyOnly, mixedBody, entropyOf(3.8), near("oct", 400)), source: "RFC 7518", example: jwkOctExample},
	{id: "extended-private-key", anchors: "xprv yprv zprv tprv", right: "[A-HJ-NP-Za-km-z1-9]{107}", source: "BIP-32"},
	{id: "nostr-secret-key", anchors: "nsec1", right: "[02-9ac-hj-np-z]{58}", source: "NIP-19"},
	{id: "fernet-token", anchors: "gAAAAA", right: "[=A-Za-z0-9_-]{60,}", loose: true, source: "github.com/fernet/spec"},
	{id: "ansible-vault", anchors: "$ANSIBLE_VAULT;", inner: true, right: "[0-9.]{3};AES256[;A-Za-z0-9_-]{0,40}[ \r\n]{1,20}[0-9a-f \r\n]{60,}", loose: true, source: "docs.ansible.com/ansible/latest/vault_guide"},
	{id: "password-hash", anchors: "$2a$ $2b$ $2y$ $2x$", right: `\d{2}[$][./A-Za-z0-9]{53}`, source: "crypt(5)"},
	{id: "password-hash", anchors: "$1$ $5$ $6$ $7$ $y$ $gy$ $8$ $9$ $krb5asrep$ $krb5tgs$ $krb5pa$ $NT$ $apr1$ $sha1$ $P$ $H$", right: "[./A-Za-z0-9$=]{20,}", loose: true, check: entropyOf(3.5), source: "crypt(5)"},
	{id: "password-hash", anchors: "$argon2id$ $argon2i$ $argon2d$ $scrypt$ $pbkdf2-sha256$ $pbkdf2-sha512$ pbkdf2_sha256$ pbkdf2_sha512$ {SSHA} {SSHA512} {SSHA256} {PBKDF2}", right: "[A-Za-z0-9+/=,.$_-]{20,}", loose: true, source: "passlib.readthedocs.io"},
	{id: "url-password", anchors: "://", inner: true, check: urlPassword, source: "RFC 3986 section 3.2.1", example: urlExample},
	{id: "jdbc-password", anchors: "jdbc:oracle:thin: jdbc:oracle:oci:", fold: true, right: `[\w.-]{1,40}/[!#-&(-.0-?A-~]{3,64}@`, loose: true, check: oracle, source: "docs.oracle.com/jdbc", example: oracleExample},
	{id: "authorization-header", anchors: "bearer␣ bearer%20 bearer+ bearer:", fold: true, inner: true, right: "[A-Za-z0-9._~+/=|:-]{12,}", loose: true, check: all(trimDots, bodyOnly, telling), source: "RFC 6750"},
	{id: "authorization-header", anchors: "basic␣ basic%20", fold: true, right: "[A-Za-z0-9+/=_-]{8,}", loose: true, check: all(bodyOnly, basicAuth), source: "RFC 7617", example: basicExample},
	{id: "authorization-header", anchors: "authorization: authorization\":\" authorization=", fold: true, inner: true, check: authorization, source: "RFC 9110 section 11", example: authorizationExample},
	{id: "authorization-header", anchors: "digest␣", fold: true, right: `[A-Za-z]{1,12}="[ -~]{20,}`, loose: true, check: all(bodyOnly, near("response=", 600)), source: "RFC 7616", example: digestExample},
	{id: "cookie", anchors: "cookie: set-cookie:", fold: true, check: cookie, source: "RFC 6265", example: cookieExample},
	{id: "session-cookie", anchors: "PHPSESSID= JSESSIONID= ASP.NET_SessionId= connect.sid= sessionid= laravel_session= _session= session_id= .ASPXAUTH= sid= csrftoken= XSRF-TOKEN=", fold: true, right: "[A-Za-z0-9%._~:|/+=-]{12,}", loose: true, check: all(bodyOnly, telling), source: "RFC 6265"},
	{id: "command-password", anchors: "curl␣", fold: true, check: curlUser, source: "curl.se/docs/manpage.html", example: curlExample},
	{id: "command-password", anchors: "sshpass␣-p mysql␣ mysqldump␣ mysqladmin␣ mariadb␣ docker␣login␣ redis-cli␣ mongosh␣ mongo␣ psql␣ smbclient␣ rpcclient␣ ldapsearch␣ psexec␣ psexec.exe␣ wmic␣ net␣use␣ net␣user␣ plink␣ pscp␣ podman␣login␣ helm␣registry␣login␣ az␣login␣ vault␣login␣ htpasswd␣ sqlcmd␣ xfreerdp␣ evil-winrm␣", fold: true, check: commandPassword, source: "their manual pages", example: commandExample},
	{id: "command-password", anchors: "chpasswd", check: chpasswd, source: "chpasswd(8)", example: chpasswdExample},
	{id: "directive-password", anchors: "requirepass␣ masterauth␣ bindpw␣ rootpw␣ adminpw␣ wpa_passphrase␣", fold: true, check: directive, source: "redis.conf, ldap.conf(5), slapd.conf(5), wpa_passphrase(8)", example: directiveExample},
	{id: "netrc-password", anchors: "machine␣", fold: true, check: netrc, source: "everything.curl.dev/usingcurl/netrc", example: netrcExample},
	{id: "announced-password", anchors: "following␣password temporary␣password initial␣password generated␣password one-time␣password new␣password␣is", fold: true, check: announced, source: "what installers print", example: announcedExample},
	{id: "directory-password", anchors: "DirectoryEntry(", inner: true, check: argument(3), source: "learn.microsoft.com/dotnet", example: directoryExample},
	{id: "directory-password", anchors: "ConvertTo-SecureString␣", fold: true, check: argument(1), source: "learn.microsoft.com/powershell", example: secureStringExample},
	{id: "directory-password", anchors: "NetworkCredential( PSCredential( UsernamePasswordCredential( UsernamePasswordToken(", inner: true, check: argument(2), source: "learn.microsoft.com/dotnet", example: credentialExample},
	{id: "private-key", anchors: "IBADANBgkqhkiG9w0BAQ IBAAKB IBAAKC IBAAJB IBAAJh", left: "MII[A-Za-z0-9+/]{3}", right: `[A-Za-z0-9+/\\r\n=]{60,}`, loose: true, example: derExample, source: "RFC 8017, RFC 5958: the DER of a key, without armour"},
	{id: "private-key", anchors: "MHcCAQEEI MIGHAgEAMBMGByqGSM49AgEG MIG2AgEAMBAGByqGSM49AgEG MC4CAQAwBQYDK2Vw MIGkAgEBBD MIHcAgEBBE", right: `[A-Za-z0-9+/\\r\n=]{36,}`, loose: true, source: "RFC 5915, RFC 8410: the DER of a key, without armour"},
	{id: "nats-seed", anchors: "SU SA SO SN SC", right: "[A-Z2-7]{56}", check: entropyOf(3.8), source: "docs.nats.io: nkeys"},
	{id: "ntlm-response", anchors: "TlRMTVNTUAAD", right: "[=A-Za-z0-9+/]{60,}", loose: true, source: "MS-NLMP: AUTHENTICATE_MESSAGE"},
	{id: "sql-password", anchors: "identified␣by␣ identified␣with␣", fold: true, check: sqlPassword, source: "dev.mysql.com, docs.oracle.com: CREATE USER", example: sqlExample},
	{id: "sql-password", anchors: "password␣' password␣\"", fold: true, check: roleStatement, source: "postgresql.org/docs: CREATE ROLE", example: roleExample},
	{id: "snmp-community", anchors: "snmp-server␣community␣ snmpget␣ snmpwalk␣ snmpset␣ snmpbulkwalk␣ rocommunity␣ rwcommunity␣ snmp␣community␣", fold: true, check: community, source: "net-snmp.org, IOS command reference", example: communityExample},
	{id: "shadow-hash", anchors: ":$1$ :$5$ :$6$ :$y$ :$2y$ :$apr1$ :{SHA}", inner: true, right: "[./A-Za-z0-9$=+]{20,}", loose: true, check: bodyOnly, source: "shadow(5), htpasswd(1)"},
	{id: "device-secret", anchors: "secret␣5␣ secret␣7␣ secret␣8␣ secret␣9␣ secret␣4␣ password␣7␣ key␣7␣ md5␣7␣", fold: true, right: "[$./A-Za-z0-9]{8,}", loose: true, check: all(bodyOnly, telling), source: "IOS command reference: types of passwords"},
	{id: "url-path-secret", anchors: "/token/ /tokens/ /apikey/ /api_key/ /api-key/ /keys/ /key/", fold: true, inner: true, right: "[A-Za-z0-9_-]{24,}", loose: true, check: pathSecret, example: pathExample, source: "services that take their key as a part of the path"},
	{id: "webhook-url", anchors: "/webhook/ /webhooks/ /incoming/ webhook_token=", fold: true, inner: true, right: "[A-Za-z0-9/_-]{20,}", loose: true, check: all(bodyOnly, telling, entropyOf(3.5)), source: "services that authenticate a call by its address alone"},
}

// Secrets that only the word beside them gives away.
var labelledFormats = []format{
	{id: "labelled-secret", anchors: `passw pwd passphrase passcode passwort contrase senha secret token api_key apikey api-key api␣key
		_key -key key: key" key' key= key␣ keys: access_key auth credential creds _pass pass= pass: pass" pass␣ psk= psk: psk" psw _pat -pat _pw pw= pw: pin: pin= pin␣ otp
		pswd paswd psswd paasw passowrd pasword pswrd psword psswrd pssword paswrd kennwort wachtwoord motdepasse mot␣de␣passe mdp haslo heslo salasana parola
		code: code␣ code= salt cookie session_ connectionstring connstr dsn pass> private␣ private= private- access␣ access= access- unseal record_key bearer _sid -sid pat= pat: webhook privkey seed phrase`, fold: true, inner: true, check: labelled, source: "names of secrets", example: labelledExample},
	{id: "prefixed-token", anchors: "_sk_ _rk_ _pat_ _secret_ _sec_ _live_ _test_ _prod_ _sandbox_ _api_ _apikey_ _key_ _token_ _oat_ _svc_ -sk- -pat- -secret- -live- -prod- -apikey- -token-", left: "[_-]?[A-Za-z0-9]{2,12}", right: "[A-Za-z0-9_-]{20,}", loose: true, check: prefixed, example: prefixedExample, source: "the form that most services chose since 2019: service, kind, random text"},
	{id: "prefixed-token", anchors: "key- key_ api- api_ apikey- apikey_ token- token_ secret- secret_ tok_ prv_ priv_ pat- rk_ rk-", right: "[A-Za-z0-9_-]{24,}", loose: true, check: prefixed, example: namedExample, source: "as above, without the service"},
	{id: "labelled-secret", anchors: "비밀번호 비번 암호 패스워드 密码 密碼 口令 パスワード 暗証番号 пароль Пароль ПАРОЛЬ паролем รหัสผ่าน סיסמה پسورد κωδικός", foreign: true, inner: true, check: foreignLabelled, source: "words for a password", example: foreignExample},
	{id: "labelled-secret", anchors: vendorNames, fold: true, inner: true, check: vendorLabelled, source: "names of services", example: vendorExample},
}
