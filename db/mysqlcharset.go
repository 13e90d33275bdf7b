package db

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"conquest/db/mysql"
	"conquest/dicom"
	"conquest/oplog"
)

// charsetComment marks, on the image table, a database whose rows are in utf8mb4.
const charsetComment = "dgate: utf8mb4"

// sampleRows is how many values beyond ASCII are compared with their files, and
// searchedRows how many studies are looked through for them.
const (
	sampleRows   = 20
	searchedRows = 20000
)

var setNames = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\bset\s+names\s+'?([a-z0-9]+)`)
})

// mysqlCharset is the character set to speak with the server: the one that
// MySQLCharset names, or MySQLStartup; else that of a database of ours, or the one
// in which the rows of the original are what their files say. A new database is
// in utf8mb4, one that does not tell in latin1, in which bytes are kept as they
// are.
func (d *DB) mysqlCharset(ctx context.Context) (string, error) {
	if c := d.opt.MySQLCharset; c == mysql.Latin1 || c == mysql.UTF8 {
		return c, nil
	}
	if m := setNames().FindStringSubmatch(d.opt.MySQLStartup); m != nil {
		if strings.HasPrefix(strings.ToLower(m[1]), "utf8") {
			return mysql.UTF8, nil
		}
		return mysql.Latin1, nil
	}
	o := &d.opt
	db, err := mysql.Open(ctx, o.Host, o.Username, o.Password, o.Server, "", mysql.UTF8, o.Encryption)
	if err != nil {
		return "", err
	}
	defer db.Close()
	l := newLayout(d.schemas[0], o)
	var comment string
	err = db.QueryRowContext(ctx, "SELECT table_comment FROM information_schema.tables WHERE table_schema = database() AND lower(table_name) = ?",
		strings.ToLower(l.image.name)).Scan(&comment)
	switch {
	case err == sql.ErrNoRows || err == nil && comment == charsetComment:
		return mysql.UTF8, nil
	case err != nil:
		return "", fmt.Errorf("look for the image table: %w", err)
	}
	charset := d.sampledCharset(ctx, db, l)
	oplog.RowsAreIn(d.log, charset)
	return charset, nil
}

// sampledCharset compares names of rows with their files.
func (d *DB) sampledCharset(ctx context.Context, db *sql.DB, l *layout) string {
	name := l.study.find(dicom.PatientName)
	if name == nil || d.opt.ObjectAt == nil {
		return mysql.Latin1
	}
	text := fmt.Sprintf(`SELECT s.name, i.ObjectFile, i.DeviceName
FROM (SELECT x.k, x.name FROM (SELECT %[1]s AS k, CONVERT(%[2]s USING utf8mb4) AS name FROM %[3]s LIMIT %[4]d) x
      WHERE LENGTH(x.name) <> CHAR_LENGTH(x.name) LIMIT %[5]d) s, %[6]s e, %[7]s i
WHERE e.%[1]s = s.k AND i.%[8]s = e.%[8]s LIMIT %[5]d`,
		l.study.key().name, name.name, l.study.name, searchedRows, sampleRows, l.series.name, l.image.name, l.series.key().name)
	rows, err := db.QueryContext(ctx, text)
	if err != nil {
		oplog.NamesNotSampled(d.log, err)
		return mysql.Latin1
	}
	defer rows.Close()
	votes := map[string]int{}
	for rows.Next() {
		var stored string
		var loc Location
		if rows.Scan(&stored, &loc.File, &loc.Device) != nil {
			continue
		}
		if ds, err := d.opt.ObjectAt(loc); err == nil {
			votes[spokenBy(stored, ds.String(dicom.PatientName))]++
		}
	}
	if votes[mysql.UTF8] > votes[mysql.Latin1] {
		return mysql.UTF8
	}
	return mysql.Latin1
}

// spokenBy is the character set of the connection by which the bytes of a file
// became the characters of a row, "" when neither fits.
func spokenBy(stored, file string) string {
	switch {
	case utf8.ValidString(file) && strings.HasPrefix(file, stored):
		return mysql.UTF8
	case strings.HasPrefix(file, windows1252(stored)):
		return mysql.Latin1
	}
	return ""
}

// windows1252 are the bytes of text in the character set that MySQL calls latin1;
// the five that it does not use stand for themselves there.
func windows1252(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		c, ok := cp1252[r]
		if !ok && r > 0xff {
			return "\x00" // no such bytes
		}
		if !ok {
			c = byte(r)
		}
		b = append(b, c)
	}
	return string(b)
}

var cp1252 = map[rune]byte{
	'€': 0x80, '‚': 0x82, 'ƒ': 0x83, '„': 0x84, '…': 0x85, '†': 0x86, '‡': 0x87, 'ˆ': 0x88, '‰': 0x89, 'Š': 0x8a, '‹': 0x8b, 'Œ': 0x8c, 'Ž': 0x8e,
	'‘': 0x91, '’': 0x92, '“': 0x93, '”': 0x94, '•': 0x95, '–': 0x96, '—': 0x97, '˜': 0x98, '™': 0x99, 'š': 0x9a, '›': 0x9b, 'œ': 0x9c, 'ž': 0x9e, 'Ÿ': 0x9f,
}

// tableCharset ends the statement that makes a table: its columns hold what the
// connection may say, whatever the server's own character set is.
func (d *DB) tableCharset() string {
	if d.Kind() == MySQL && d.store.unicode() {
		return " CHARACTER SET utf8mb4"
	}
	return ""
}

// markCharset notes on a new image table in which character set its rows are.
func (d *DB) markCharset(ctx context.Context) error {
	if d.Kind() != MySQL || !d.store.unicode() {
		return nil
	}
	return d.statements(ctx, "ALTER TABLE "+d.lay.image.name+" COMMENT = '"+charsetComment+"'")
}
