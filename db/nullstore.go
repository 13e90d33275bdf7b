package db

import "context"

// nullStore is the index of a router, which keeps none: stores succeed, queries
// find nothing (docs/original/database.md 9).
type nullStore struct{}

func (nullStore) kind() Kind                                      { return Null }
func (nullStore) shared() bool                                    { return false }
func (nullStore) text(s string) string                            { return s }
func (nullStore) unicode() bool                                   { return false }
func (nullStore) away(error) bool                                 { return false }
func (nullStore) locked(error) bool                               { return false }
func (nullStore) transient(error) bool                            { return false }
func (nullStore) close() error                                    { return nil }
func (nullStore) query(context.Context, *selection) (rows, error) { return &memoryRows{}, nil }
func (nullStore) raw(context.Context, string) (rows, error)       { return &memoryRows{}, nil }
func (nullStore) begin(context.Context, bool) (group, error)      { return nullGroup{}, nil }

type nullGroup struct{}

func (nullGroup) claim([]string) error                                  { return nil }
func (nullGroup) foreign() bool                                         { return false }
func (nullGroup) query(context.Context, *selection) ([][]string, error) { return nil, nil }
func (nullGroup) insert(context.Context, string, []assign) error        { return nil }
func (nullGroup) exec(context.Context, string) (rows, error)            { return &memoryRows{}, nil }
func (nullGroup) commit() error                                         { return nil }
func (nullGroup) rollback()                                             {}
func (nullGroup) update(context.Context, string, []assign, []condition) (int64, error) {
	return 0, nil
}
func (nullGroup) remove(context.Context, string, []condition) (int64, error) { return 0, nil }
