// Package lsqlite is module lsqlite3 for package lua: the basics of LuaSQLite 3 (0.9).
// Databases and statements are those of SQLite; functions of scripts as functions or
// collations of SQL, hooks and backups are not there, and calling them says so.
package lsqlite
