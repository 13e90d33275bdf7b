package oplog

import "fmt"

// Rules, their statements and Lua.

// RuleExecutes is written to the operator when a statement of a rule runs that
// acts outside the object; rule is its name, e.g. Importconverter0.3.
func RuleExecutes(log Operator, rule fmt.Stringer, statement string) {
	log.Operator("%s executes: %s", rule, statement)
}

// RuleRuns is written to the debug channel when a statement of a rule runs that
// reads or changes the object.
func RuleRuns(log Debug, rule fmt.Stringer, statement string) {
	log.Debug("%s executes: %s", rule, statement)
}

// RuleIsVoid is written to the debug channel when set names something that can
// not be set.
func RuleIsVoid(log Debug, rule fmt.Stringer, statement string) {
	log.Debug("%s executes void: %s", rule, statement)
}

// RuleCreates is written to the debug channel when set makes a sequence.
func RuleCreates(log Debug, rule fmt.Stringer, tag string) {
	log.Debug("%s created sequence: %s", rule, tag)
}

// RuleDeletes is written to the debug channel when set removes an element.
func RuleDeletes(log Debug, rule fmt.Stringer, tag string) { log.Debug("%s deletes: %s", rule, tag) }

// RuleSkips is written to the debug channel for each statement in a block whose
// condition is false.
func RuleSkips(log Debug, rule fmt.Stringer) { log.Debug("%s skipped", rule) }

// RulePassesOver is written to the debug channel for the statement behind a
// condition that is false.
func RulePassesOver(log Debug, rule fmt.Stringer) {
	log.Debug("%s not executed because of previous statement", rule)
}

// RuleCalls is written to the debug channel when a statement of a rule runs a
// script or writes a file.
func RuleCalls(log Debug, rule fmt.Stringer, what string) { log.Debug("%s: %s", rule, what) }

// RuleSays is written to the operator when nop runs.
func RuleSays(log Operator, rule fmt.Stringer, text string) { log.Operator("%s: %s", rule, text) }

// RuleDefers is written to the debug channel when an export rule wants to run
// again later.
func RuleDefers(log Debug, rule fmt.Stringer) { log.Debug("%s: defer", rule) }

// RuleDefersExport is written to the operator when a script that an export rule
// calls wants to run again later.
func RuleDefersExport(log Operator, rule fmt.Stringer) {
	log.Operator("%s: defer for exportconverter", rule)
}

// RuleStops is written to the debug channel when stop ends all rules.
func RuleStops(log Debug, rule fmt.Stringer) { log.Debug("%s: stop", rule) }

// RuleReturns is written to the debug channel when return ends a rule.
func RuleReturns(log Debug, rule fmt.Stringer) { log.Debug("%s: return", rule) }

// RuleDestroys is written to the operator when a rule destroys the object.
func RuleDestroys(log Operator, rule fmt.Stringer) {
	log.Operator("%s: destroyed received image", rule)
}

// RuleRejects is written to the operator when a rule rejects the object.
func RuleRejects(log Operator, rule fmt.Stringer) { log.Operator("%s: rejected received image", rule) }

// RuleRetries is written to the operator when the rule for rejected images has
// an object stored once more.
func RuleRetries(log Operator, rule fmt.Stringer) {
	log.Operator("%s: retry storing rejected image", rule)
}

// RuleSetsStorage is written to the operator when a rule names the device of the
// object.
func RuleSetsStorage(log Operator, rule fmt.Stringer, device string) {
	log.Operator("%s: sets preferred storage to %s", rule, device)
}

// RuleSetsTestMode is written to the operator when a rule sets what is appended
// to the names of files.
func RuleSetsTestMode(log Operator, rule fmt.Stringer, suffix string) {
	log.Operator("%s: sets testmode to %s", rule, suffix)
}

// RuleCompresses is written to the operator when a rule compresses the object.
func RuleCompresses(log Operator, rule fmt.Stringer, mode string) {
	log.Operator("%s: compression to %s", rule, mode)
}

// RuleCompressFailed is written to the operator when a rule could not compress
// the object.
func RuleCompressFailed(log Operator, rule fmt.Stringer, mode string) {
	log.Operator("**** %s: compression to %s failed", rule, mode)
}

// RuleSetsVirtualMask is written to the operator when a rule says which virtual
// servers are asked.
func RuleSetsVirtualMask(log Operator, rule fmt.Stringer, mask int) {
	log.Operator("%s: sets virtual server mask to %d", rule, mask)
}

// RuleEnablesVirtual is written to the operator when a rule adds a virtual
// server to those that are asked.
func RuleEnablesVirtual(log Operator, rule fmt.Stringer, n int) {
	log.Operator("%s: enables virtual server %d", rule, n)
}

// RuleQueuesPrefetch is written to the operator when a rule has a patient read
// ahead.
func RuleQueuesPrefetch(log Operator, rule fmt.Stringer, patient string) {
	log.Operator("%s: queued prefetch %s", rule, patient)
}

// RuleQueuesPreretrieve is written to the operator when a rule has a patient
// fetched.
func RuleQueuesPreretrieve(log Operator, rule fmt.Stringer, patient, ae string) {
	log.Operator("%s: queued preretrieve of patient %s from %s", rule, patient, ae)
}

// RuleQueues is written to the operator when a rule queues delayed work; to is
// the destination or the command.
func RuleQueues(log Operator, rule fmt.Stringer, operation, modality, date, patient, to string) {
	log.Operator("%s: queued %s - (single object %s %s of %s) to %s", rule, operation, modality, date, patient, to)
}

// RuleForwarded is written to the operator when an import rule has forwarded the
// object.
func RuleForwarded(log Operator, rule, ae string) {
	log.Operator("%s: forwarded object to %s", rule, ae)
}

// RuleForwards is written to the operator before an export rule forwards an
// object.
func RuleForwards(log Operator, rule, file, ae string) {
	log.Operator("%s: forward %s to %s", rule, file, ae)
}

// RuleForwardNoClass is written to the operator when the object that an import
// rule forwards has no SOP class.
func RuleForwardNoClass(log Operator, rule string) {
	log.Operator("*** %s: Forward failed because SopClass is missing", rule)
}

// RuleForwardNoClassIn is written to the operator when the object that an export
// rule forwards has no SOP class.
func RuleForwardNoClassIn(log Operator, rule, file string) {
	log.Operator("*** %s: Forward failed because SopClass is missing in %s", rule, file)
}

// RuleForwardNotLoaded is written to the operator when the object that an export
// rule forwards can not be read.
func RuleForwardNotLoaded(log Operator, rule, file string) {
	log.Operator("*** %s: Forward failed to load DICOM object %s", rule, file)
}

// RuleProblem is written to the operator when a rule could not forward the
// object or queue work, with the reason.
func RuleProblem(log Operator, rule, why string) { log.Operator("*** %s: %s", rule, why) }

// RuleCopyFailed is written to the operator when an export rule could not copy
// the file of the object.
func RuleCopyFailed(log Operator, rule, from, to string) {
	log.Operator("*** %s: Failed to copy %s to %s", rule, from, to)
}

// RuleFailed is written to the operator when a statement of a rule has failed
// otherwise, with what has failed.
func RuleFailed(log Operator, rule, what string) { log.Operator("*** %s%s", rule, what) }

// RuleRunsLua is written to the debug channel when a rule is the name of a Lua
// file, with the statement that runs it.
func RuleRunsLua(log Debug, rule, chunk string) { log.Debug("%s: %s", rule, chunk) }

// ExportNotLoaded is written to the operator when the object of an export rule
// in Lua can not be read.
func ExportNotLoaded(log Operator, n int, file string) {
	log.Operator("*** ExportConverter%d.-1: failed to load DICOM object %s", n, file)
}

// ExportDefers is written to the debug channel when an export rule in Lua wants
// to run again later.
func ExportDefers(log Debug, n int) { log.Debug("Exportconverter%d.-1: defer", n) }

// FixedKodak is written to the debug channel when fixkodak has changed a patient
// ID.
func FixedKodak(log Debug, id string) { log.Debug("Fixed patient ID from kodak, now %s", id) }

// UnfixedKodak is written to the debug channel when unfixkodak has changed a
// patient ID.
func UnfixedKodak(log Debug, id string) { log.Debug("Fixed patient ID to kodak, now %s", id) }

// Scrubbing is written to the debug channel when scrub removes elements; mode is
// its first letter.
func Scrubbing(log Debug, mode, tags string) { log.Debug("Scrubbing: %s,%s,", mode, tags) }

// SettingElement is written to the operator when an element gets the value that
// newuids, olduids or tagged statements name.
func SettingElement(log Operator, routine, tag string) { log.Operator("[%s] setting %s", routine, tag) }

// UIDNotMapped is written to the operator when a UID could not be changed by
// newuids or olduids.
func UIDNotMapped(log Operator, routine, where string) {
	log.Operator("***[%s] FAILED to change %s", routine, where)
}

// MappingUID is written to the debug channel for each UID that newuids or
// olduids changes.
func MappingUID(log Debug, routine, verb, where string) {
	log.Debug("[%s] %s %s", routine, verb, where)
}

// LuaFailed is written to the debug channel when a function of Lua has failed
// and returns so. The original has no such line.
func LuaFailed(log Debug, what string, err error) { log.Debug("%s: %v", what, err) }

// LuaCommandFailed is written to the debug channel when a command that a
// function of Lua sends to this server has failed. The original has no such
// line.
func LuaCommandFailed(log Debug, command string, err error) { log.Debug("%s %v", command, err) }

// LuaLacksKey is written to the operator when dicommove, dicomdelete and the
// like of Lua lack the key of their level. The original has no such line.
func LuaLacksKey(log Operator, function, key string) {
	log.Operator("*** %s: the object has no %s, nothing is done", function, key)
}

// LuaLacksKeys is written to the operator when dicommove, dicomdelete and the
// like of Lua would select everything. The original has no such line.
func LuaLacksKeys(log Operator, function string) {
	log.Operator("*** %s: the object has no key with a value, nothing is done", function)
}

// LuaMemory is written to the operator when a state of Lua holds more than
// LuaMemory between two scripts. The original has no such line.
func LuaMemory(log Operator, megabytes int) {
	log.Operator("*** lua: the globals of a script held %d MB (LuaMemory, ObjectMemory) and are dropped", megabytes)
}

// LuaBroken is written to the operator when the engine of Lua itself has failed.
// The original has no such line.
func LuaBroken(log Operator, what string) { log.Operator("*** lua: internal error: %s", what) }
