package cgi

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

var errCondition = errors.New("the query may only compare columns with texts and numbers")

// conditionToken is a piece of a condition: a text, a number, a name, an operator.
var conditionToken = regexp.MustCompile(`^\s*(?:('(?:[^'|\x00-\x1f]|'')*')|(-?[0-9]+(?:\.[0-9]+)?)|([A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)?)|(<=|>=|<>|!=|[=<>(),]))`)

// conditionWords are the words of SQL that may stand before a parenthesis; any
// other name there would be a function.
var conditionWords = []string{"and", "or", "not", "in"}

// checkCondition tells whether a condition only compares columns. What it is part
// of is a query on one table or more, so there is no other statement it could
// begin, and no function.
func checkCondition(text string) error {
	depth, name := 0, ""
	for strings.TrimSpace(text) != "" {
		m := conditionToken.FindStringSubmatch(text)
		if m == nil {
			return errCondition
		}
		text = text[len(m[0]):]
		switch word := strings.ToLower(m[3]); {
		case word == "select" || word == "union":
			return errCondition
		case m[4] == "(":
			depth++
			if name != "" && !slices.Contains(conditionWords, name) {
				return errCondition
			}
		case m[4] == ")":
			if depth--; depth < 0 {
				return errCondition
			}
		}
		name = strings.ToLower(m[3])
	}
	if depth != 0 {
		return errCondition
	}
	return nil
}
