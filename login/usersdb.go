package login

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strings"

	_ "modernc.org/sqlite" // users.db is such a file

	"conquest/web"
)

func isSQLite(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 15)
	n, _ := f.Read(head)
	return string(head[:n]) == "SQLite format 3"
}

// readUsersDB reads the accounts of the original's singlefilelogin pages
// (docs/original/web.md): admin has all rights, others look.
func readUsersDB(path string) ([]User, error) {
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro")
	if err != nil {
		return nil, fmt.Errorf("HTTPUsers: %s: %w", path, err)
	}
	defer db.Close()
	rows, err := db.Query("SELECT user_name, user_password_hash FROM users")
	if err != nil {
		return nil, fmt.Errorf("HTTPUsers: %s: %w", path, err)
	}
	defer rows.Close()
	list := []User{}
	for rows.Next() {
		u := User{Role: web.Viewer}
		if err := rows.Scan(&u.Name, &u.hash); err != nil {
			return nil, fmt.Errorf("HTTPUsers: %s: %w", path, err)
		}
		if strings.EqualFold(u.Name, "admin") {
			u.Role = web.Admin
		}
		list = append(list, u)
	}
	return list, rows.Err()
}
