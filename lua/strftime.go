package lua

import (
	"fmt"
	"strconv"
	"time"
)

// strftime formats t as C does in locale C.
func strftime(format string, t time.Time) string {
	var b []byte
	for i := 0; i < len(format); i++ {
		if format[i] != '%' || i+1 >= len(format) {
			b = append(b, format[i])
			continue
		}
		i++
		if (format[i] == 'E' || format[i] == 'O') && i+1 < len(format) {
			i++
		}
		b = appendTime(b, format[i], t)
	}
	return string(b)
}

// timeLayouts are the conversions that Go's layouts have.
var timeLayouts = map[byte]string{
	'a': "Mon", 'A': "Monday", 'b': "Jan", 'h': "Jan", 'B': "January", 'c': "Mon Jan _2 15:04:05 2006", 'd': "02",
	'D': "01/02/06", 'e': "_2", 'F': "2006-01-02", 'H': "15", 'I': "03", 'm': "01", 'M': "04", 'p': "PM",
	'r': "03:04:05 PM", 'R': "15:04", 'S': "05", 'T': "15:04:05", 'x': "01/02/06", 'X': "15:04:05", 'y': "06",
	'Y': "2006", 'z': "-0700", 'Z': "MST",
}

func appendTime(b []byte, c byte, t time.Time) []byte {
	if layout, ok := timeLayouts[c]; ok {
		return t.AppendFormat(b, layout)
	}
	year, week := t.ISOWeek()
	weekday := int(t.Weekday())
	switch c {
	case 'C':
		return fmt.Appendf(b, "%02d", t.Year()/100)
	case 'g':
		return fmt.Appendf(b, "%02d", year%100)
	case 'G':
		return strconv.AppendInt(b, int64(year), 10)
	case 'j':
		return fmt.Appendf(b, "%03d", t.YearDay())
	case 'k':
		return fmt.Appendf(b, "%2d", t.Hour())
	case 'l':
		return fmt.Appendf(b, "%2d", (t.Hour()+11)%12+1)
	case 'n':
		return append(b, '\n')
	case 'P':
		return t.AppendFormat(b, "pm")
	case 's':
		return strconv.AppendInt(b, t.Unix(), 10)
	case 't':
		return append(b, '\t')
	case 'u':
		return strconv.AppendInt(b, int64((weekday+6)%7+1), 10)
	case 'U':
		return fmt.Appendf(b, "%02d", (t.YearDay()+6-weekday)/7)
	case 'V':
		return fmt.Appendf(b, "%02d", week)
	case 'w':
		return strconv.AppendInt(b, int64(weekday), 10)
	case 'W':
		return fmt.Appendf(b, "%02d", (t.YearDay()+6-(weekday+6)%7)/7)
	case '%':
		return append(b, '%')
	}
	return append(b, '%', c)
}
