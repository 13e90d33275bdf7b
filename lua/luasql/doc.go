// Package luasql has modules luasql.postgres, luasql.mysql and luasql.sqlite3 for package
// lua, as LuaSQL 2.6 has them, on drivers in Go: environments, connections and
// cursors. Values of PostgreSQL and MySQL are texts as the server writes them, NULL is
// nil. What waits for a server ends with the chunk that waits.
//
// A cursor holds all of its rows, which count as memory of the state.
package luasql
