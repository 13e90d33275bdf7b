package oplog

import (
	"errors"
	"testing"
)

func TestLinesOfRules(t *testing.T) {
	check(t, []golden{
		{"RuleExecutes", operator, "Importconverter0.3 executes: set PatientID to \"1\"", func(to *listener) { RuleExecutes(to, rule("Importconverter0.3"), "set PatientID to \"1\"") }},
		{"RuleRuns", debug, "Importconverter0.3 executes: set PatientID to \"1\"", func(to *listener) { RuleRuns(to, rule("Importconverter0.3"), "set PatientID to \"1\"") }},
		{"RuleIsVoid", debug, "Importconverter0.3 executes void: set PatientID to \"1\"", func(to *listener) { RuleIsVoid(to, rule("Importconverter0.3"), "set PatientID to \"1\"") }},
		{"RuleCreates", debug, "Importconverter0.3 created sequence: tag", func(to *listener) { RuleCreates(to, rule("Importconverter0.3"), "tag") }},
		{"RuleDeletes", debug, "Importconverter0.3 deletes: tag", func(to *listener) { RuleDeletes(to, rule("Importconverter0.3"), "tag") }},
		{"RuleSkips", debug, "Importconverter0.3 skipped", func(to *listener) { RuleSkips(to, rule("Importconverter0.3")) }},
		{"RulePassesOver", debug, "Importconverter0.3 not executed because of previous statement", func(to *listener) { RulePassesOver(to, rule("Importconverter0.3")) }},
		{"RuleCalls", debug, "Importconverter0.3: verified", func(to *listener) { RuleCalls(to, rule("Importconverter0.3"), "verified") }},
		{"RuleSays", operator, "Importconverter0.3: text", func(to *listener) { RuleSays(to, rule("Importconverter0.3"), "text") }},
		{"RuleDefers", debug, "Importconverter0.3: defer", func(to *listener) { RuleDefers(to, rule("Importconverter0.3")) }},
		{"RuleDefersExport", operator, "Importconverter0.3: defer for exportconverter", func(to *listener) { RuleDefersExport(to, rule("Importconverter0.3")) }},
		{"RuleStops", debug, "Importconverter0.3: stop", func(to *listener) { RuleStops(to, rule("Importconverter0.3")) }},
		{"RuleReturns", debug, "Importconverter0.3: return", func(to *listener) { RuleReturns(to, rule("Importconverter0.3")) }},
		{"RuleDestroys", operator, "Importconverter0.3: destroyed received image", func(to *listener) { RuleDestroys(to, rule("Importconverter0.3")) }},
		{"RuleRejects", operator, "Importconverter0.3: rejected received image", func(to *listener) { RuleRejects(to, rule("Importconverter0.3")) }},
		{"RuleRetries", operator, "Importconverter0.3: retry storing rejected image", func(to *listener) { RuleRetries(to, rule("Importconverter0.3")) }},
		{"RuleSetsStorage", operator, "Importconverter0.3: sets preferred storage to MAG0", func(to *listener) { RuleSetsStorage(to, rule("Importconverter0.3"), "MAG0") }},
		{"RuleSetsTestMode", operator, "Importconverter0.3: sets testmode to suffix", func(to *listener) { RuleSetsTestMode(to, rule("Importconverter0.3"), "suffix") }},
		{"RuleCompresses", operator, "Importconverter0.3: compression to jl", func(to *listener) { RuleCompresses(to, rule("Importconverter0.3"), "jl") }},
		{"RuleCompressFailed", operator, "**** Importconverter0.3: compression to jl failed", func(to *listener) { RuleCompressFailed(to, rule("Importconverter0.3"), "jl") }},
		{"RuleSetsVirtualMask", operator, "Importconverter0.3: sets virtual server mask to 4", func(to *listener) { RuleSetsVirtualMask(to, rule("Importconverter0.3"), 4) }},
		{"RuleEnablesVirtual", operator, "Importconverter0.3: enables virtual server 4", func(to *listener) { RuleEnablesVirtual(to, rule("Importconverter0.3"), 4) }},
		{"RuleQueuesPrefetch", operator, "Importconverter0.3: queued prefetch P1", func(to *listener) { RuleQueuesPrefetch(to, rule("Importconverter0.3"), "P1") }},
		{"RuleQueuesPreretrieve", operator, "Importconverter0.3: queued preretrieve of patient P1 from PEER", func(to *listener) { RuleQueuesPreretrieve(to, rule("Importconverter0.3"), "P1", "PEER") }},
		{"RuleQueues", operator, "Importconverter0.3: queued operation - (single object modality 20240131 of P1) to /b", func(to *listener) {
			RuleQueues(to, rule("Importconverter0.3"), "operation", "modality", "20240131", "P1", "/b")
		}},
		{"RuleForwarded", operator, "ExportConverter0.0: forwarded object to PEER", func(to *listener) { RuleForwarded(to, "ExportConverter0.0", "PEER") }},
		{"RuleForwards", operator, "ExportConverter0.0: forward 123/1.dcm to PEER", func(to *listener) { RuleForwards(to, "ExportConverter0.0", "123/1.dcm", "PEER") }},
		{"RuleForwardNoClass", operator, "*** ExportConverter0.0: Forward failed because SopClass is missing", func(to *listener) { RuleForwardNoClass(to, "ExportConverter0.0") }},
		{"RuleForwardNoClassIn", operator, "*** ExportConverter0.0: Forward failed because SopClass is missing in 123/1.dcm", func(to *listener) { RuleForwardNoClassIn(to, "ExportConverter0.0", "123/1.dcm") }},
		{"RuleForwardNotLoaded", operator, "*** ExportConverter0.0: Forward failed to load DICOM object 123/1.dcm", func(to *listener) { RuleForwardNotLoaded(to, "ExportConverter0.0", "123/1.dcm") }},
		{"RuleProblem", operator, "*** ExportConverter0.0: why", func(to *listener) { RuleProblem(to, "ExportConverter0.0", "why") }},
		{"RuleCopyFailed", operator, "*** ExportConverter0.0: Failed to copy /a to /b", func(to *listener) { RuleCopyFailed(to, "ExportConverter0.0", "/a", "/b") }},
		{"RuleFailed", operator, "*** ExportConverter0.0verified", func(to *listener) { RuleFailed(to, "ExportConverter0.0", "verified") }},
		{"RuleRunsLua", debug, "ExportConverter0.0: chunk", func(to *listener) { RuleRunsLua(to, "ExportConverter0.0", "chunk") }},
		{"ExportNotLoaded", operator, "*** ExportConverter3.-1: failed to load DICOM object 123/1.dcm", func(to *listener) { ExportNotLoaded(to, 3, "123/1.dcm") }},
		{"ExportDefers", debug, "Exportconverter3.-1: defer", func(to *listener) { ExportDefers(to, 3) }},
		{"FixedKodak", debug, "Fixed patient ID from kodak, now P1", func(to *listener) { FixedKodak(to, "P1") }},
		{"UnfixedKodak", debug, "Fixed patient ID to kodak, now P1", func(to *listener) { UnfixedKodak(to, "P1") }},
		{"Scrubbing", debug, "Scrubbing: jl,tags,", func(to *listener) { Scrubbing(to, "jl", "tags") }},
		{"SettingElement", operator, "[NewUIDs] setting tag", func(to *listener) { SettingElement(to, "NewUIDs", "tag") }},
		{"UIDNotMapped", operator, "***[NewUIDs] FAILED to change 0020,000d (StudyInstanceUID)", func(to *listener) { UIDNotMapped(to, "NewUIDs", "0020,000d (StudyInstanceUID)") }},
		{"MappingUID", debug, "[NewUIDs] changing 0020,000d (StudyInstanceUID)", func(to *listener) { MappingUID(to, "NewUIDs", "changing", "0020,000d (StudyInstanceUID)") }},
		{"LuaFailed", debug, "verified: no route", func(to *listener) { LuaFailed(to, "verified", errors.New("no route")) }},
		{"LuaCommandFailed", debug, "command no route", func(to *listener) { LuaCommandFailed(to, "command", errors.New("no route")) }},
		{"LuaLacksKey", operator, "*** function: the object has no 1.2.3, nothing is done", func(to *listener) { LuaLacksKey(to, "function", "1.2.3") }},
		{"LuaLacksKeys", operator, "*** function: the object has no key with a value, nothing is done", func(to *listener) { LuaLacksKeys(to, "function") }},
		{"LuaMemory", operator, "*** lua: the globals of a script held 3 MB (LuaMemory, ObjectMemory) and are dropped", func(to *listener) { LuaMemory(to, 3) }},
		{"LuaBroken", operator, "*** lua: internal error: verified", func(to *listener) { LuaBroken(to, "verified") }},
	})
}
