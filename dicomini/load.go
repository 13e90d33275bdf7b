package dicomini

import (
	"reflect"
	"strconv"
	"strings"
)

// mainSection is where the key MicroPACS names the section of the main keys.
const mainSection = "sscscp"

// maxDevices bounds the device lists against a mistyped count.
const maxDevices = 1000

// topics returns pointers to the parts of c that are filled from field tags.
func (c *Config) topics() []any {
	return []any{&c.Identity, &c.Network, &c.Forwarding, &c.Virtual, &c.Files, &c.Storage,
		&c.Compression, &c.Database, &c.WorkList, &c.Web}
}

// Load builds the snapshot of a file without following it. A MicroPACS entry
// that is present and empty is an error.
func Load(loc Location, f *File) (*Config, error) {
	c := &Config{baseDir: loc.BaseDir}
	if err := c.attach(f); err != nil {
		return nil, err
	}
	c.fill(func(When) bool { return true })
	c.fillLists()
	return c, nil
}

// refresh returns c with the use and open keys of f; all says whether the cfg
// keys are read too.
func (c *Config) refresh(f *File, all bool) (*Config, error) {
	n := *c
	if err := n.attach(f); err != nil {
		return nil, err
	}
	n.fill(func(w When) bool { return w == AtUse || w == AtOpen || all && w == Reread })
	if all {
		n.fillLists()
	}
	return &n, nil
}

func (c *Config) attach(f *File) error {
	main := f.String(mainSection, "MicroPACS", mainSection, 64)
	if main == "" {
		return startError("MicroPACS entry in %s not found, but required.", f.path)
	}
	c.file, c.main = f, main
	c.converters = readConverters(f, main)
	return nil
}

// fill sets the tagged fields whose moment is wanted.
func (c *Config) fill(wanted func(When) bool) {
	for _, topic := range c.topics() {
		v := reflect.ValueOf(topic).Elem()
		for i := range v.NumField() {
			if k, ok := keyOf(v.Type().Field(i)); ok && wanted(k.When) {
				c.set(v.Field(i), &k)
			}
		}
	}
	if c.SQLHost == "" {
		c.SQLHost = "localhost"
	}
}

func (c *Config) set(field reflect.Value, k *Key) {
	value := c.value(k, k.Name)
	switch field.Kind() {
	case reflect.String:
		field.SetString(value)
	case reflect.Int:
		field.SetInt(int64(Atoi(value)))
	case reflect.Bool:
		field.SetBool(Atoi(value) != 0)
	}
}

// fillLists sets the cfg values that are no single keys.
func (c *Config) fillLists() {
	c.MAGDevices = c.devices("MAG", 1)
	c.MIRRORDevices = c.devices("MIRROR", 0)
	c.CACHEDevices = c.devices("CACHE", 0)
	c.JUKEBOXDevices = c.devices("JUKEBOX", 0)
	c.MirrorEnabled = Atoi(c.text(c.main, "MIRRORDevice0", "-1", 500)) != -1
	for i := range c.ServerFor {
		c.ServerFor[i] = c.text(c.main, "VirtualServerFor"+strconv.Itoa(i), "", 48)
		c.PerSeries[i] = c.file.Int(c.main, "VirtualServerPerSeries"+strconv.Itoa(i), 0)
	}
	c.HasArchiveConverter = c.text(c.main, "ArchiveConverter0", "", 0) != ""
	c.HasMoveDeviceConverter = c.text(c.main, "MoveDeviceConverter0", "", 0) != ""
	if c.FileCompressMode != 0 {
		mode := "n" + strconv.Itoa(c.FileCompressMode)
		c.DroppedFileCompression = c.text(c.main, "DroppedFileCompression", mode, 16)
		c.IncomingCompression = c.text(c.main, "IncomingCompression", mode, 16)
	}
}

func (c *Config) devices(kind string, def int) []string {
	n := min(max(c.file.Int(c.main, kind+"Devices", def), 0), maxDevices)
	list := make([]string, n)
	for i := range list {
		list[i] = c.text(c.main, kind+"Device"+strconv.Itoa(i), "NULL", 500)
	}
	return list
}

// keyOf is the row of a field, with the moment of the field.
func keyOf(field reflect.StructField) (Key, bool) {
	name := field.Tag.Get("ini")
	if name == "" {
		return Key{}, false
	}
	k, ok := FindKey(name)
	if !ok {
		panic("field " + field.Name + ": key " + name + " is not in the table")
	}
	if w := field.Tag.Get("when"); w != "" {
		k.When = When(w)
	}
	return k, true
}

// readConverters collects all non-empty converter lines by kind.
func readConverters(f *File, main string) map[string][]Converter {
	all := make(map[string][]Converter)
	for _, kind := range ConverterKinds {
		prefix := lower(kind) + "converter"
		numbers := make(map[int]bool)
		for _, e := range f.entries {
			n, ok := numberAfter(lower(e.Key), prefix)
			sec := lower(e.Section)
			if ok && e.Value != "" && (sec == "lua" || sec == lower(main)) {
				numbers[n] = true
			}
		}
		all[kind] = makeConverters(f, main, kind, numbers)
	}
	return all
}

// numberAfter parses prefix followed by a decimal number without leading zeros.
func numberAfter(key, prefix string) (int, bool) {
	digits, ok := strings.CutPrefix(key, prefix)
	if !ok || len(digits) == 0 || len(digits) > 6 || (len(digits) > 1 && digits[0] == '0') {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil && digits[0] >= '0' && digits[0] <= '9'
}
