package doctor_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tellsNothing checks that the name of the scenario isn't in its trace, in any spelling.
func tellsNothing(t *testing.T, r row, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.ToLower(data)
	for _, between := range []string{"-", "_", "", " "} {
		if name := strings.ReplaceAll(r.name, "-", between); bytes.Contains(data, []byte(name)) {
			t.Errorf("the trace says %q", name)
		}
	}
}

var wordPattern = regexp.MustCompile(`[A-Z]?[a-z]+|[A-Z]+`)

// secret are the words that may not be in a symbol: what a healthy program does is no secret.
func secret(scenario string) []string {
	words := strings.Split(scenario, "-")
	if words[0] == "healthy" {
		return words[:1]
	}
	return words
}

// What ends up in symbols, the names of functions and types, has no word of the name of its scenario.
func TestNamesOfScenariosDontLeakIntoSymbols(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(scenarioDir, "*", "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, path := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		words := secret(filepath.Base(filepath.Dir(path)))
		ast.Inspect(parsed, func(node ast.Node) bool {
			name := ""
			switch node := node.(type) {
			case *ast.FuncDecl:
				name = node.Name.Name
			case *ast.TypeSpec:
				name = node.Name.Name
			}
			for _, word := range wordPattern.FindAllString(name, -1) {
				if slices.Contains(words, strings.ToLower(word)) {
					t.Errorf("%s: %s tells what is wrong with it", path, name)
				}
			}
			return true
		})
	}
}
