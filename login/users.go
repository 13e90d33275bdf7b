package login

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"conquest/web"
)

// User is an account.
type User struct {
	Name string
	Role web.Role
	hash string
}

// usersFile is a file with a line "name role hash" for each account; blank lines
// and those that begin with # are comments. It is read again when it changes.
type usersFile struct {
	path string

	mu    sync.Mutex
	stamp time.Time
	size  int64
	list  []User
	err   error
}

// users are all accounts; an error where the file can not be used. A file that is
// not there has none.
func (f *usersFile) users() ([]User, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	fi, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("HTTPUsers: %w", err)
	}
	if fi.ModTime().Equal(f.stamp) && fi.Size() == f.size && (f.list != nil || f.err != nil) {
		return f.list, f.err
	}
	f.stamp, f.size = fi.ModTime(), fi.Size()
	f.list, f.err = readUsers(f.path, fi)
	return f.list, f.err
}

func readUsers(path string, fi fs.FileInfo) ([]User, error) {
	if runtime.GOOS != "windows" && fi.Mode()&0o004 != 0 {
		return nil, fmt.Errorf("HTTPUsers: %s can be read by everybody on this machine: chmod o-r it; nobody of it is let in until then", path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("HTTPUsers: %w", err)
	}
	if bytes.HasPrefix(b, []byte("SQLite format 3\x00")) {
		return readUsersDB(path)
	}
	list := []User{}
	sc := bufio.NewScanner(bytes.NewReader(b))
	for n := 1; sc.Scan(); n++ {
		line := strings.TrimSpace(sc.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		u, err := parseUser(line)
		if err != nil {
			return nil, fmt.Errorf("HTTPUsers: %s line %d: %w", path, n, err)
		}
		list = append(list, u)
	}
	return list, sc.Err()
}

func parseUser(line string) (User, error) {
	parts := strings.Fields(line)
	if len(parts) != 3 {
		return User{}, errors.New("a line is: name role hash")
	}
	role, ok := web.ParseRole(parts[1])
	if !ok {
		return User{}, fmt.Errorf("role %q is none of viewer, user, editor, admin", parts[1])
	}
	if err := checkHash(parts[2]); err != nil {
		return User{}, fmt.Errorf("the hash of %s: %w", parts[0], err)
	}
	return User{Name: parts[0], Role: role, hash: parts[2]}, nil
}

// checkName refuses names that a line of the file or of the log can not hold.
func checkName(name string) error {
	if name == "" || len(name) > 64 || name[0] == '#' || strings.ContainsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == ':' }) {
		return refusal("a name has 1 to 64 printable characters without blanks and colons, and does not begin with #")
	}
	return nil
}

// set adds or changes an account; an empty password keeps the one there is.
func (f *usersFile) set(name string, role web.Role, password string) error {
	if err := checkName(name); err != nil {
		return err
	}
	if role <= web.Nobody {
		return refusal("a role is one of viewer, user, editor, admin")
	}
	return f.edit(func(list []User) ([]User, error) {
		i := slices.IndexFunc(list, func(u User) bool { return u.Name == name })
		u := User{Name: name}
		if i >= 0 {
			u = list[i]
		}
		u.Role = role
		if password == "" && u.hash == "" {
			return nil, errPassword
		}
		if password != "" {
			var err error
			if u.hash, err = Hash(password); err != nil {
				return nil, err
			}
		}
		if i >= 0 {
			list[i] = u
			return list, nil
		}
		return append(list, u), nil
	})
}

func (f *usersFile) remove(name string) error {
	return f.edit(func(list []User) ([]User, error) {
		kept := slices.DeleteFunc(list, func(u User) bool { return u.Name == name })
		if len(kept) == len(list) {
			return nil, ErrNotFound
		}
		return kept, nil
	})
}

// edit changes the accounts and writes the file anew, with its comments gone.
func (f *usersFile) edit(change func([]User) ([]User, error)) error {
	now, err := f.users()
	if err != nil {
		return err
	}
	list, err := change(slices.Clone(now))
	if err != nil {
		return err
	}
	if isSQLite(f.path) {
		return refusal(f.path + " belongs to the site's web pages and is only read here")
	}
	var b strings.Builder
	b.WriteString("# Accounts of the HTTP side: name, role (viewer, user, editor, admin), hash of the password.\n")
	for _, u := range list {
		fmt.Fprintf(&b, "%s %s %s\n", u.Name, u.Role, u.hash)
	}
	if err := writePrivate(f.path, []byte(b.String())); err != nil {
		return fmt.Errorf("HTTPUsers: %w", err)
	}
	f.mu.Lock()
	f.stamp = time.Time{}
	f.mu.Unlock()
	return nil
}

// writePrivate puts a file that only its owner reads in the place of path.
func writePrivate(path string, b []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// SetUser adds an account to a users file or changes it; an empty password keeps
// the one there is.
func SetUser(path, name string, role web.Role, password string) error {
	return (&usersFile{path: path}).set(name, role, password)
}

// RemoveUser takes an account out of a users file.
func RemoveUser(path, name string) error { return (&usersFile{path: path}).remove(name) }
