package detect

import (
	"encoding/base64"
	"math/rand/v2"
)

func derExample(rng *rand.Rand) string {
	return "MII" + draw(rng, "A-Za-z0-9", 3) + pick(rng, "IBADANBgkqhkiG9w0BAQEFAASC", "IBAAKC", "IBAAKB") + base64.StdEncoding.EncodeToString(drawBytes(rng, 300))
}

func sqlExample(rng *rand.Rand) string {
	return pick(rng, "CREATE USER ci ", "ALTER USER 'ci'@'localhost' ") + pick(rng, "IDENTIFIED BY '", "identified with mysql_native_password by '") + password(rng) + "';"
}

func roleExample(rng *rand.Rand) string {
	return pick(rng, "CREATE ROLE ci WITH LOGIN PASSWORD '", "ALTER USER ci WITH ENCRYPTED PASSWORD '") + password(rng) + "';"
}

func communityExample(rng *rand.Rand) string {
	c := draw(rng, "a-zA-Z0-9", 10)
	return pick(rng, "snmpwalk -v2c -c "+c+" 10.0.0.1", "snmp-server community "+c+" RO", "rocommunity "+c+" 10.0.0.0/8")
}

func foreignExample(rng *rand.Rand) string {
	return pick(rng, "비밀번호: ", "비번:", "密码：", "密码: ", "パスワード: ", "пароль: ") + password(rng)
}

func prefixedExample(rng *rand.Rand) string {
	return draw(rng, "a-z", 2+rng.IntN(6)) + pick(rng, "_sk_", "_pat_", "_live_", "_api_", "-secret-") + draw(rng, "A-Za-z0-9", 26) + draw(rng, "0-9", 4)
}

func namedExample(rng *rand.Rand) string {
	return pick(rng, "key-", "api_", "token_", "secret-") + draw(rng, "A-Za-z0-9", 26) + draw(rng, "0-9", 4)
}

func pathExample(rng *rand.Rand) string {
	return "https://api.internal/v1/" + pick(rng, "token/", "keys/", "apikey/") + draw(rng, "A-Za-z0-9", 30) + draw(rng, "0-9", 4)
}

func chpasswdExample(rng *rand.Rand) string { return "echo 'ci:" + password(rng) + "' | chpasswd" }

func directiveExample(rng *rand.Rand) string {
	return "# settings\n" + pick(rng, "requirepass ", "bindpw ", "masterauth ") + password(rng)
}
