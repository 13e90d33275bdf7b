package dicomini

import "sync"

// Key is one row of the table of keys: reading, lint and docs/configuration.md
// come from it.
type Key struct {
	Name        string
	Alternative string   // second spelling, used when the first is absent or empty
	Section     string   // "" for the main one
	Numbered    bool     // followed by a number: MAGDevice0, MAGDevice1 ...
	Bare        bool     // a numbered one that may stand without number, for all
	Type        Type     // of the value
	Default     string   // as it would be written
	Size        int      // value length limit + 1; 0 is 64
	Min, Max    int      // of a number; both 0: any
	Choices     []string // what a word may be
	Unit        string   // of a number
	When        When     // a change takes effect
	Since       string   // release of dgate; "" for the original's keys
	File        bool     // a name without a path lies beside dicom.ini
	Unread      bool     // of manuals, shipped files and the graphical program
	Text        string   // what it does, one or more sentences
}

// Type is what a value is.
type Type int

// The types of values.
const (
	Text     Type = iota
	Number        // read as C's atoi
	Switch        // a number: 0 is off, anything else on
	Word          // one of Choices, or begins with one
	Folder        // a folder
	FileName      // a file
	Code          // a compression: un, as, j2, n4 ...
	Hosts         // addresses, with * or /bits, parted by blanks or commas
	Names         // AE titles or columns, parted by blanks or commas
	Script        // of the command language
	Chunk         // of Lua
	SQL           // a condition, an order or statements
	Pattern       // a filter: * at the beginning or the end
)

// When tells when a changed value takes effect.
type When string

// The moments.
const (
	Reread  When = "cfg"   // at start and with --read_ini:
	AtStart When = "start" // at start
	Once    When = "once"  // at the first use after start
	AtUse   When = "use"   // within a second
	AtOpen  When = "open"  // when a connection to the database is opened
)

// Topic is a chapter of the table.
type Topic struct {
	Title string
	Keys  []Key
}

// firstRelease is the release that brought our first keys.
const firstRelease = "1.0"

// Topics are all keys by topic.
func Topics() []Topic {
	return []Topic{
		{"The server", identityKeys}, {"Network", networkKeys}, {"Who may do what", accessKeys}, {"TLS", tlsKeys}, {"HL7", hl7Keys}, {"Recording", recordKeys}, {"HTTP and DICOMweb", httpKeys}, {"Who may use the HTTP side", loginKeys},
		{"Forwarding and queues", forwardingKeys}, {"Virtual servers", virtualKeys}, {"Files", fileKeys}, {"Log, audit and alerts", operationKeys},
		{"Storage", storageKeys}, {"Compression", compressionKeys}, {"Database", databaseKeys}, {"Worklist", worklistKeys},
		{"Web", webKeys}, {"Converters", converterKeys}, {"Lua", luaKeys}, {"Read by other programs", unreadKeys},
	}
}

// Keys lists the keys of the main section that the server reads, without those
// that are followed by a number.
func Keys() []Key {
	var list []Key
	for _, t := range Topics() {
		for _, k := range t.Keys {
			if k.Section == "" && !k.Numbered && !k.Unread {
				list = append(list, k.filled())
			}
		}
	}
	return list
}

// mainKeys finds keys of the main section by their names in lower case, those
// with numbers too.
var mainKeys = sync.OnceValue(func() map[string]Key {
	all := make(map[string]Key)
	for _, t := range Topics() {
		for _, k := range t.Keys {
			if k.Section != "" {
				continue
			}
			all[lower(k.Name)] = k.filled()
			if k.Alternative != "" {
				all[lower(k.Alternative)] = k.filled()
			}
		}
	}
	return all
})

// filled is k with what rows leave out.
func (k Key) filled() Key {
	if k.When == "" {
		k.When = Reread
	}
	if k.Size == 0 {
		k.Size = 64
	}
	return k
}

// FindKey finds a key of the main section by one of its names, without regard to
// letter case; a number behind the name of a numbered key may be there.
func FindKey(name string) (Key, bool) {
	all := mainKeys()
	if k, ok := all[lower(name)]; ok {
		return k, true
	}
	base, digits := splitNumber(name)
	k, ok := all[lower(base)]
	return k, ok && k.Numbered && digits != ""
}

// isNumber tells whether the value is read as an integer.
func (k *Key) isNumber() bool { return k.Type == Number || k.Type == Switch }

// Value is a key of the main section as it counts: its default when it is absent,
// cut to its length. The key has to be in the table.
func (c *Config) Value(name string) string {
	k, ok := FindKey(name)
	if !ok {
		panic("key " + name + " is not in the table")
	}
	return c.value(&k, name)
}

// Number is a key of the main section read as an integer.
func (c *Config) Number(name string) int { return Atoi(c.Value(name)) }

// Switch is a key of the main section read as on or off.
func (c *Config) Switch(name string) bool { return c.Number(name) != 0 }

func (c *Config) value(k *Key, name string) string {
	const absent = "\x00"
	value := c.file.String(c.main, name, absent, k.Size)
	if k.Alternative != "" && (value == absent || value == "") {
		value = c.file.String(c.main, k.Alternative, value, k.Size)
	}
	if value == absent {
		value = k.Default
	}
	if k.File && (value != "" || k.Default != "") {
		value = besideBase(c.baseDir, value)
	}
	return value
}
