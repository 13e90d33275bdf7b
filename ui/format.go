package ui

import (
	"fmt"
	"html/template"
	"strings"
	"time"
)

// functions are what templates write values with.
var functions = template.FuncMap{
	"date":  dicomDate,
	"clock": dicomTime,
	"name":  personName,
	"bytes": sizeText,
	"join":  strings.Join,
	"when":  whenText,
	"count": countText,
	"share": func(part, whole int64) int {
		if whole <= 0 {
			return 0
		}
		return int(100 * part / whole)
	},
	"depth": func(n int) []struct{} { return make([]struct{}, n) },
	"sub":   func(a, b int64) int64 { return a - b },
	"add":   func(a, b int) int { return a + b },
}

// dicomDate writes a DA value as 2024-03-01; what is no date stays.
func dicomDate(s string) string {
	if len(s) != 8 || strings.Trim(s, "0123456789") != "" {
		return s
	}
	return s[:4] + "-" + s[4:6] + "-" + s[6:]
}

// dicomTime writes the hour and minute of a TM value.
func dicomTime(s string) string {
	if len(s) < 4 || strings.Trim(s[:4], "0123456789") != "" {
		return s
	}
	return s[:2] + ":" + s[2:4]
}

// personName writes the first representation of a PN value, family name first;
// others follow in brackets.
func personName(s string) string {
	var list []string
	for group := range strings.SplitSeq(s, "=") {
		parts := strings.Split(group, "^")
		family := strings.TrimSpace(parts[0])
		given := strings.Join(strings.Fields(strings.Join(parts[1:], " ")), " ")
		switch {
		case family != "" && given != "":
			list = append(list, family+", "+given)
		case family+given != "":
			list = append(list, family+given)
		}
	}
	if len(list) > 1 {
		return list[0] + " (" + strings.Join(list[1:], ", ") + ")"
	}
	return strings.Join(list, "")
}

func sizeText(n int64) string {
	const k = 1024
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	f, i := float64(n), 0
	for f >= k && i < len(units)-1 {
		f /= k
		i++
	}
	if i == 0 || f >= 100 {
		return fmt.Sprintf("%.0f %s", f, units[i])
	}
	return fmt.Sprintf("%.1f %s", f, units[i])
}

// whenText is a moment for people, "" for none.
func whenText(t time.Time) string {
	switch {
	case t.IsZero():
		return ""
	case time.Since(t) < 20*time.Hour && time.Until(t) < 20*time.Hour:
		return t.Format("15:04:05")
	}
	return t.Format("2006-01-02 15:04")
}

// countText groups the digits of a count; a negative one is not known.
func countText(n int) string {
	if n < 0 {
		return "–"
	}
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "\u202f" + s[i:]
	}
	return s
}
