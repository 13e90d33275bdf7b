package scripting

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
	x.operator(": destroyed received image")
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
	x.operator(": rejected received image")
	x.code = Reject
}

// runRetry is a command only where the database refused an object.
func runRetry(x *exec) {
	if k := x.run.Kind; x.n < 0 || k != RejectedImage && k != RejectedImageWorkList {
		x.unknown(nil)
		return
	}
	x.operator(": retry storing rejected image")
	x.code = Retry
}

// runDefer makes an export line end and run again later.
func runDefer(x *exec) {
	if x.export {
		x.debug(": defer", "")
		x.code, x.done = Defer, true
		return
	}
	x.operator(": defer for exportconverter")
	x.code = Defer
}

func runStop(x *exec) {
	x.debug(": stop", "")
	x.code = Stop
}

func runSilentStop(x *exec) { x.code = Stop }

func runReturn(x *exec) {
	x.debug(": return", "")
	x.code = Return
}

func runNop(x *exec) { x.operator(": " + x.line.text) }

// runStorage notes the preferred device.
func runStorage(x *exec, p part) {
	if x.run.Storage == nil {
		x.step.Outcome = Void
		return
	}
	device := x.string(p)
	x.operator(": sets preferred storage to " + device)
	*x.run.Storage = device
}

func runTestMode(x *exec, p part) {
	suffix := x.take(p)
	x.operator(": sets testmode to " + suffix.text)
	x.env.SetTestMode(cleanPath(&suffix))
}
