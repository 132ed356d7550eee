package dialect

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// surroundings are the OpenTelemetry conventions for databases and HTTP. Nothing marks such a span as an
// agent's; one that an agent's work contains tells what data it touched, or where it was refused
// (conventions, gotcha 20).
var surroundings = Dialect{
	Name: "otel_semconv",
	Keys: []Key{
		{"db.operation.name", Operation},
		{"db.operation", Operation},
		{"db.query.text", Query},
		{"db.statement", Query},
		{"url.full", Resource},
		{"http.url", Resource},
		{"http.response.status_code", ErrorType},
		{"http.status_code", ErrorType},
	},
	Refine: refineSurroundings,
}

// systemKeys say that a span is a database client's, refusalKeys hold the status of an HTTP response.
var (
	systemKeys  = []string{"db.system.name", "db.system"}
	refusalKeys = []string{"http.response.status_code", "http.status_code"}
)

// Surrounds says whether a span that is no agent's is worth reading if it is inside an agent's.
func Surrounds(span ptrace.Span) bool {
	if span.Kind() == ptrace.SpanKindServer {
		return false
	}
	if first(span.Attributes(), systemKeys...) != "" {
		return true
	}
	status := first(span.Attributes(), refusalKeys...)
	return status == "401" || status == "403"
}

// ReadSurroundings reads such a span.
func (f *Facts) ReadSurroundings(span ptrace.Span, scope string, resource pcommon.Map) {
	f.ReadSpan(span, scope, resource, surroundingsSet)
}

// Agents says whether a source is an agent's, not only inside one's.
func (s Set) Agents() bool { return s&^surroundingsSet != 0 }

var surroundingsSet Set

func init() { //nolint:gochecknoinits // finds its own place in the table
	for i, d := range Dialects {
		if d == &surroundings {
			surroundingsSet = 1 << i
		}
	}
}

func first(attributes pcommon.Map, keys ...string) string {
	for _, key := range keys {
		if v, ok := attributes.Get(key); ok {
			return v.AsString()
		}
	}
	return ""
}

// writes are the commands of databases that change something, in lower case. Others are taken for
// reads: to say that nothing was but read would need more than a name, but that it was touched is true.
var writes = map[string]bool{
	"insert": true, "update": true, "delete": true, "replace": true, "merge": true, "upsert": true, "truncate": true,
	"create": true, "drop": true, "alter": true, "set": true, "del": true, "put": true, "write": true, "findandmodify": true,
	"insertone": true, "insertmany": true, "updateone": true, "updatemany": true, "deleteone": true, "deletemany": true,
	"putitem": true, "updateitem": true, "deleteitem": true, "batchwriteitem": true, "hset": true, "lpush": true, "rpush": true,
	"sadd": true, "zadd": true, "incr": true, "expire": true,
}

func refineSurroundings(f *Facts) {
	system := f.attributeText(systemKeys...)
	if system == "" {
		f.Op = Exception
		return
	}
	if f.keyOf(ErrorType) != "" {
		f.Replace(ErrorType, "") // the status of a database over HTTP
	}
	command, _, _ := strings.Cut(strings.ToLower(f.Text(Operation)), " ")
	if command == "" {
		command, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(f.Text(Query))), " ")
	}
	f.Set(Operation, command)
	f.Op = DataRead
	if writes[command] {
		f.Op = DataWrite
	}
	name := f.attributeText("db.collection.name", "db.sql.table", "db.mongodb.collection", "db.cassandra.table")
	if space := f.attributeText("db.namespace", "db.name"); space != "" && name != "" {
		name = space + "." + name
	} else if name == "" {
		name = space
	}
	f.Replace(Resource, strings.TrimSuffix(system+":"+name, ":"))
}

func (f *Facts) attributeText(keys ...string) string {
	for _, key := range keys {
		if v, ok := f.attribute(key); ok {
			return v.AsString()
		}
	}
	return ""
}
