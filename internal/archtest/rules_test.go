package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strconv"
	"strings"
)

const (
	module       = "github.com/agentaudit/agentaudit"
	maxFileLines = 300
	maxFuncLines = 60
)

// importRule forbids the files below dirs to import anything below deny.
type importRule struct {
	name   string
	dirs   []string // "" is the whole tree
	except []string // path.Match patterns of files that may all the same
	deny   []string
	tests  bool // holds for tests and test helpers too
}

var importRules = []importRule{
	{
		name:  "internal packages import no component and no command",
		dirs:  []string{"internal"},
		deny:  []string{module + "/cmd", module + "/exporter", module + "/extension", module + "/processor"},
		tests: true,
	},
	{
		name:  "components don't import each other: the processor",
		dirs:  []string{"processor"},
		deny:  []string{module + "/cmd", module + "/exporter"},
		tests: true,
	},
	{
		name:  "components don't import each other: the exporter",
		dirs:  []string{"exporter"},
		deny:  []string{module + "/cmd", module + "/processor"},
		tests: true,
	},
	{
		name: "commands read the bucket with internal packages, not with a component",
		dirs: []string{"cmd"},
		deny: []string{module + "/exporter", module + "/processor"},
	},
	{
		name:   "only internal/lake talks to the SQL engine, so that a build without cgo leaves out one file",
		dirs:   []string{""},
		except: []string{"internal/lake/engine_cgo.go"},
		deny:   []string{"github.com/duckdb"},
		tests:  true,
	},
	{
		name:   "only the S3 store imports the AWS SDK",
		dirs:   []string{""},
		except: []string{"internal/objstore/s3*.go"},
		deny:   []string{"github.com/aws"},
	},
	{
		name: "what stores bytes knows nothing of telemetry",
		dirs: []string{"internal/journal", "internal/jsontext", "internal/layout", "internal/objstore", "internal/trail"},
		deny: []string{"go.opentelemetry.io/collector"},
	},
}

var (
	maySync      = []string{"internal/journal/*.go", "internal/objstore/dir*.go"}
	mayBuildKeys = []string{"internal/layout/*.go"}
	keyPart      = regexp.MustCompile(`(^|/)(tier|date)=`)
)

// source is one parsed file with its slash-separated path from the root of the repository.
type source struct {
	path string
	fset *token.FileSet
	file *ast.File
}

func (s source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// isSupport reports whether the file belongs to a package of test helpers, such as internal/objstore/s3test.
func (s source) isSupport() bool { return isSupportPackage(path.Dir(s.path)) }

func isSupportPackage(name string) bool { return strings.HasSuffix(name, "test") }

func (s source) line(p token.Pos) int { return s.fset.Position(p).Line }

func (s source) at(p token.Pos, format string, args ...any) string {
	return fmt.Sprintf("%s:%d: %s", s.path, s.line(p), fmt.Sprintf(format, args...))
}

// violations names everything that one file does against the rules.
func violations(s source) []string {
	found := forbiddenImports(s)
	if !s.isTest() && !s.isSupport() {
		found = append(found, importsOfSupport(s)...)
		found = append(found, misplaced(s)...)
	}
	if !s.isTest() && !ast.IsGenerated(s.file) {
		found = append(found, oversized(s)...)
	}
	return found
}

func forbiddenImports(s source) (found []string) {
	for _, rule := range importRules {
		exempt := !rule.tests && (s.isTest() || s.isSupport())
		if !within(s.path, rule.dirs) || matches(s.path, rule.except) || exempt {
			continue
		}
		for _, spec := range s.file.Imports {
			if name := importPath(spec); within(name, rule.deny) {
				found = append(found, s.at(spec.Pos(), "imports %s: %s", name, rule.name))
			}
		}
	}
	return found
}

// importsOfSupport keeps test helpers out of the binaries.
func importsOfSupport(s source) (found []string) {
	for _, spec := range s.file.Imports {
		name := importPath(spec)
		if within(name, []string{module + "/internal"}) && isSupportPackage(name) {
			found = append(found, s.at(spec.Pos(), "imports %s: only tests use test helpers", name))
		}
	}
	return found
}

func importPath(spec *ast.ImportSpec) string {
	name, err := strconv.Unquote(spec.Path.Value)
	if err != nil {
		return spec.Path.Value // the parser has accepted it, so this can't be
	}
	return name
}

// misplaced finds calls of Sync and parts of object keys outside their packages.
func misplaced(s source) (found []string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			sel, ok := n.Fun.(*ast.SelectorExpr)
			if ok && sel.Sel.Name == "Sync" && len(n.Args) == 0 && !matches(s.path, maySync) {
				found = append(found, s.at(n.Pos(), "calls Sync: only %s may", strings.Join(maySync, " and ")))
			}
		case *ast.BasicLit:
			text, err := strconv.Unquote(n.Value)
			isKey := n.Kind == token.STRING && err == nil && keyPart.MatchString(text)
			if isKey && within(s.path, []string{"internal"}) && !matches(s.path, mayBuildKeys) {
				found = append(found, s.at(n.Pos(), "spells the object key part %q: only internal/layout may", text))
			}
		}
		return true
	})
	return found
}

func oversized(s source) (found []string) {
	if lines := s.line(s.file.FileEnd); lines > maxFileLines {
		found = append(found, s.at(s.file.Package, "the file has %d lines, %d are allowed", lines, maxFileLines))
	}
	for _, decl := range s.file.Decls {
		fn, ok := decl.(*ast.FuncDecl)
		if !ok {
			continue
		}
		if lines := s.line(fn.End()) - s.line(fn.Pos()) + 1; lines > maxFuncLines {
			found = append(found, s.at(fn.Pos(), "%s has %d lines, %d are allowed", fn.Name.Name, lines, maxFuncLines))
		}
	}
	return found
}

// within reports whether name is one of the slash-separated roots or lies below one. The root "" holds everything.
func within(name string, roots []string) bool {
	for _, root := range roots {
		if root == "" || name == root || strings.HasPrefix(name, root+"/") {
			return true
		}
	}
	return false
}

func matches(name string, patterns []string) bool {
	for _, pattern := range patterns {
		if ok, _ := path.Match(pattern, name); ok {
			return true
		}
	}
	return false
}
