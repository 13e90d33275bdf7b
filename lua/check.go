package lua

import (
	"errors"
	"fmt"
	"strings"

	luaparse "github.com/yuin/gopher-lua/parse"
)

// SyntaxError is why a Lua text does not compile. Line and Column count from 1;
// 0 when unknown.
type SyntaxError struct {
	Line, Column int
	Message      string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Message)
}

// Check parses a Lua text without running it; nil when it compiles.
func Check(text string) *SyntaxError {
	_, err := luaparse.Parse(strings.NewReader(text), "chunk")
	if err == nil {
		return nil
	}
	var pe *luaparse.Error
	if !errors.As(err, &pe) {
		return &SyntaxError{Message: err.Error()}
	}
	message := pe.Message
	if pe.Token != "" {
		message += " near '" + pe.Token + "'"
	}
	return &SyntaxError{Line: max(pe.Pos.Line, 0), Column: max(pe.Pos.Column, 0), Message: message}
}
