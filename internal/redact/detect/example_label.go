package detect

import (
	"math/rand/v2"
	"strings"
)

// labelledForms are the ways in which people and programs write a secret beside its name. PASS stands for a password,
// KEY for a key.
var labelledForms = []string{
	`PASSWORD=PASS`, `export DB_PASSWORD=PASS`, `DB_PASSWORD="PASS"`, `+ export API_KEY=KEY`, `set API_TOKEN=KEY`, `$env:API_KEY = "KEY"`, `setx API_KEY "KEY"`, `ENV API_KEY KEY`, `ENV API_KEY=KEY`,
	`"password": "PASS"`, `{"apiKey":"KEY"}`, `'secret': 'KEY'`, `password: PASS`, `api_key: KEY`, `  token: "KEY"`, `- name: API_KEY` + "\n  value: KEY", `password : PASS`, `password = PASS`, `password => 'PASS'`, `:password => "PASS"`,
	`password is PASS`, `the password is PASS.`, `The new password for ci is "PASS"`, `Password: PASS`, `passwd PASS1x`, `my api key is KEY`, `API key: KEY`, `API Key (prod): KEY`, "the key: `KEY`", `**Password:** PASS`, `| password | PASS |`,
	`tool --password PASS`, `tool --password=PASS`, `tool --api-key KEY`, `tool -password PASS`, `tool --token=KEY run`, `curl -u ci:PASS https://x`, `curl --user 'ci:PASS' https://x`, `curl -H "X-Api-Key: KEY" https://x`, `mysql -u root -pPASS db`,
	`wget --http-password=PASS u`, `PGPASSWORD=PASS psql -h x`, `sshpass -p 'PASS' ssh h`, `docker login -u ci -p PASS`, `redis-cli -a PASS`, `ldapsearch -D cn=x -w PASS`, `az login -u x -p PASS`, `openssl rsa -passin pass:PASS`, `htpasswd -b f ci PASS`, `echo 'ci:PASS' | chpasswd`,
	`<password>PASS</password>`, `<add key="ApiKey" value="KEY"/>`, `<property name="password" value="PASS"/>`, `<apiKey type="x">KEY</apiKey>`, `<input name="token" value="KEY">`, `password='PASS'`, `&lt;password&gt;PASS&lt;/password&gt;`, `&quot;password&quot;: &quot;PASS&quot;`,
	`postgres://ci:PASS@db/x`, `redis://:PASS@cache:6379/0`, `amqp://ci:PASS@mq`, `mongodb+srv://ci:PASS@c.x/y`, `https://ci:PASS@git.x/r.git`, `https://x/y?api_key=KEY&a=1`, `https://x/y?a=1&token=KEY`, `jdbc:mysql://h/db?user=ci&password=PASS`, `jdbc:sqlserver://h;user=ci;password=PASS;`, `jdbc:oracle:thin:ci/PASS@h:1521/x`,
	`Server=h;Database=d;User Id=ci;Password=PASS;`, `Server=h;Uid=ci;Pwd=PASS`, `AccountName=x;AccountKey=KEYKEY==;`, `Endpoint=sb://x;SharedAccessKeyName=r;SharedAccessKey=KEYKEY=`, `DSN=x;UID=ci;PWD=PASS`, `host=h user=ci password=PASS dbname=x`, `Data Source=h;Password=PASS`,
	`Authorization: Bearer KEY`, `Authorization: Token KEY`, `authorization: KEY`, `X-Auth-Token: KEY`, `x-api-key: KEY`, `Proxy-Authorization: Basic Y2k6UHcxMjM0NTY3OA==`, `Cookie: session=KEY`, `Set-Cookie: sid=KEY; Path=/`, `Private-Token: KEY`,
	`//npm.example/:_authToken=KEY`, `_password=PASS`, "[pypi]\nusername = __token__\npassword = PASS", "machine h login ci password PASS", "machine h\n  login ci\n  password PASS", `{"auths":{"h":{"auth":"Y2k6UHcxMjM0NTY3OA=="}}}`, "client-key-data: KEYKEYKEY==", "users:\n- user:\n    token: KEY",
	"variable \"db_password\" {\n  default = \"PASS\"\n}", `password = var.x ? "a" : "PASS9x"`, `secret_key = "KEY"`, `access_key = "KEY"`,
	`password := "PASS"`, `var apiKey = "KEY"`, `const apiKey string = "KEY"`, `const API_KEY: &str = "KEY";`, `String password = "PASS";`, `private static final String SECRET = "KEY";`, `$password = 'PASS';`, `define('DB_PASSWORD', 'PASS');`, `config.password = "PASS"`, `Password = "PASS",`, `var password = @"PASS";`, `password: String = "PASS"`, `let token = "KEY";`, `val apiKey = "KEY"`,
	`self.password = "PASS"`, `client(password="PASS")`, `client(api_key='KEY', x=1)`, `setPassword("PASS")`, `os.environ["API_KEY"] = "KEY"`, `os.environ.get("DB_PASSWORD", "PASS")`, `getenv("PASSWORD") or "PASS"`, `process.env.TOKEN || "KEY"`, `process.env.TOKEN ?? "KEY"`, `curl_setopt(ch, CURLOPT_PASSWORD, "PASS");`, `if password == "PASS":`, `headers = {"X-Api-Key": "KEY"}`, `api_key=b"KEY"`,
	`snmp-server community PASS RO`, `snmpwalk -v2c -c PASS h`, `psk="PASS"`, `wpa_passphrase home PASS`, `wifi password: PASS`, `bindpw PASS`, `olcRootPW: PASS`, `bind_password: PASS`, `requirepass PASS`, `masterauth PASS`, `spring.datasource.password=PASS`, `sasl.jaas.config=x required username="ci" password="PASS";`,
	`ci:$apr1$KEY12345678901234567890`, `root:$6$KEY1234$KEYKEYKEY:19000:0:99999:7:::`, `CREATE USER ci IDENTIFIED BY 'PASS'`, `ALTER ROLE ci WITH PASSWORD 'PASS'`, `enable secret 5 $1$KEY1$KEYKEY`, `ansible_password=PASS`, `ansible_become_pass: PASS`, `password="PASS" # ci`, `PASSWORD='PASS'; run`, `Password PASS`, `pw: PASS`, `pwd=PASS`, `client_secret=KEY&grant_type=x`,
	"\x1b[32mpassword\x1b[0m: PASS", `Passwort: PASS`, `mot de passe : PASS`, `contraseña: PASS`, `密码：PASS`, `пароль: PASS`,
}

// fillForm writes a password or a key drawn by lot into a form, and returns the text and the secret in it.
func fillForm(form string, rng *rand.Rand) (text, secret string) {
	pass := draw(rng, "A-Z", 1) + draw(rng, "a-z", 3+rng.IntN(4)) + draw(rng, "0-9", 2+rng.IntN(2)) + draw(rng, "A-Z", 2) + pick(rng, "", "", "x!", "_z")
	key := draw(rng, "A-Za-z0-9", 24+rng.IntN(12)) + draw(rng, "0-9", 2)
	const keep = "\x00" // names that hold PASS or KEY
	form = strings.NewReplacer("PASSWORD", keep+"W", "CURLOPT_PASS", keep+"C", "API_KEY", keep+"K").Replace(form)
	text = strings.NewReplacer("PASS9x", pass, "PASS1x", pass, "PASS", pass, "KEYKEY", key+key, "KEY", key, keep+"W", "PASSWORD", keep+"C", "CURLOPT_PASS", keep+"K", "API_KEY").Replace(form)
	if !strings.Contains(text, pass) {
		return text, key
	}
	return text, pass
}

// LabelledExample makes a text in which a secret stands beside its name, and says what the secret is.
func LabelledExample(rng *rand.Rand) (text, secret string) {
	return fillForm(labelledForms[rng.IntN(len(labelledForms))], rng)
}

func labelledExample(rng *rand.Rand) string {
	text, _ := LabelledExample(rng)
	return text
}
