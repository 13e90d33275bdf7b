package luabind

// Names are what chunks can use without a definition of their own: the functions
// of the API, the methods of objects, and the modules that need no file.
func Names() (functions, methods, moduleNames []string) {
	for _, c := range api() {
		for _, f := range c.features {
			if f.global != "" {
				functions = append(functions, f.global)
			}
			if f.method != "" {
				methods = append(methods, f.method)
			}
		}
	}
	for _, m := range modules {
		moduleNames = append(moduleNames, m.names...)
	}
	return functions, methods, moduleNames
}
