package scripting

import "conquest/oplog"

// Statements that only set the result code, and nop.

func runDestroyQuietly(x *exec) {
	if !x.lost() {
		x.code = Destroy
	}
}

func runDestroy(x *exec) {
	if x.lost() {
		return
	}
	oplog.RuleDestroys(says{x}, x)
	x.code = Destroy
}

// lost tells whether the object would be nowhere after destroy although it was
// to be forwarded or saved; it is rejected then, so that the sender keeps it.
func (x *exec) lost() bool {
	if c := x.run.copies(); x.run.Kind != Import || c.Failed == 0 || c.Sent > 0 {
		return false
	}
	x.fail(": rejected instead of destroyed, because it could not be forwarded or saved")
	x.code = Reject
	return true
}

func runReject(x *exec) {
	oplog.RuleRejects(says{x}, x)
	x.code = Reject
}

// runRetry is a command only where the database refused an object.
func runRetry(x *exec) {
	if k := x.run.Kind; x.n < 0 || k != RejectedImage && k != RejectedImageWorkList {
		x.unknown(nil)
		return
	}
	oplog.RuleRetries(says{x}, x)
	x.code = Retry
}

// runDefer makes an export line end and run again later.
func runDefer(x *exec) {
	if x.export {
		oplog.RuleDefers(says{x}, x)
		x.code, x.done = Defer, true
		return
	}
	oplog.RuleDefersExport(says{x}, x)
	x.code = Defer
}

func runStop(x *exec) {
	oplog.RuleStops(says{x}, x)
	x.code = Stop
}

func runSilentStop(x *exec) { x.code = Stop }

func runReturn(x *exec) {
	oplog.RuleReturns(says{x}, x)
	x.code = Return
}

func runNop(x *exec) { oplog.RuleSays(says{x}, x, x.line.text) }

// runStorage notes the preferred device.
func runStorage(x *exec, p part) {
	if x.run.Storage == nil {
		x.step.Outcome = Void
		return
	}
	device := x.string(p)
	oplog.RuleSetsStorage(says{x}, x, device)
	*x.run.Storage = device
}

func runTestMode(x *exec, p part) {
	suffix := x.take(p)
	oplog.RuleSetsTestMode(says{x}, x, suffix.text)
	x.env.SetTestMode(cleanPath(&suffix))
}
