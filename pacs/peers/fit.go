package peers

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"conquest/dicom"
	"conquest/dimse"
	"conquest/oplog"
	"conquest/pixel"
)

// sending is the owner's value of an association that this server opened: the
// compression code that its contexts were proposed for.
type sending struct{ code string }

// Fit makes ds sendable on a and finds the context for it. recompress, when not
// empty, is the code to apply; otherwise it is the one that the association was
// opened for. Of j codes the peer's choice decides which compression it becomes,
// other codes are applied as they are (docs/original/network.md 4.2).
//
// An object in an encapsulated syntax that was accepted goes as it is. What can
// not be brought into one accepted syntax is tried in the next, and damaged
// frames are sent as far as they can be decoded when nothing else is left.
func (s *Peers) Fit(ctx context.Context, a *dimse.Association, class string, ds *dicom.Dataset, recompress string) (*dimse.PresentationContext, error) {
	if _, err := s.transcode.Relabel(ds); err != nil {
		s.Console.Event("*** pixel data do not fit the transfer syntax", "sop", ds.String(dicom.SOPInstanceUID), "error", err)
	}
	own, opened := a.Value.(sending)
	code := cmp.Or(recompress, own.code, "un")
	asked, err := pixel.ParseCode(code)
	if err != nil {
		asked = pixel.Code{}
	}
	first := !opened || wished(own.code, class, ds.TransferSyntax().UID)
	list := candidates(a, class, ds.TransferSyntax(), asked, opened, first)
	if len(list) == 0 {
		return nil, fmt.Errorf("SOP class %s: %w", class, dimse.ErrNoContext)
	}
	if opened && strings.HasPrefix(strings.ToLower(own.code), "j") && !pixel.PassedThrough(ds) {
		oplog.AcceptedCompression(s.Console, acceptedCode(list[0].TransferSyntax.UID))
	}
	if asked.Family == 'n' || asked.Family == 'k' || asked.Family == 's' || asked.Mode == '#' {
		if err := s.transcode.Transcode(ctx, ds, code); err != nil {
			s.Console.Event("*** object not recompressed for sending", "mode", code, "sop", ds.String(dicom.SOPInstanceUID), "error", err)
		}
	}
	var failed error
	for _, damaged := range []bool{false, !s.Live.Current().StopOnJPEGWarnings} {
		for _, pc := range list {
			err := s.bring(ctx, ds, pc.TransferSyntax, asked, damaged)
			if err == nil {
				return pc, nil
			}
			failed = err
		}
	}
	return nil, fmt.Errorf("object in %s, SOP class %s: %w: %w", ds.TransferSyntax().UID, class, dimse.ErrNoContext, failed)
}

// Negotiable is the code that the association of a move is opened for: that of
// the destination, unless the wish for a recompression is one that the peer has
// to agree to.
func Negotiable(wish, configured string) string {
	if c, err := pixel.ParseCode(wish); err == nil && c.Family == 'j' {
		return wish
	}
	return configured
}

// LimitNKI lowers the mode of an n code to the highest that the client knows.
func LimitNKI(code string, highest int) string {
	c, err := pixel.ParseCode(code)
	if err != nil || c.Family != 'n' || c.Mode < '0' || c.Mode > '5' || int(c.Mode-'0') <= highest {
		return code
	}
	return "n" + strconv.Itoa(max(highest, 0))
}

// candidates are the accepted contexts of a class, the best one first: the
// object's own encapsulated syntax, unless it was offered for want of another, which
// makes it the last; then, on an association of ours, in the
// order of the proposal, and on a requester's, those of the code that was
// asked for, the object's own, and [dimse.WriteOrder].
func candidates(a *dimse.Association, class string, own dicom.TransferSyntax, asked pixel.Code, opened, first bool) []*dimse.PresentationContext {
	var list []*dimse.PresentationContext
	for _, pc := range a.Contexts() {
		if pc.Accepted() && pc.AbstractSyntax == class {
			list = append(list, pc)
		}
	}
	var order []string
	if own.Encapsulated && first {
		order = append(order, own.UID)
	}
	if !opened {
		if asked.Family == 'j' {
			order = append(order, asked.TransferSyntaxes()...)
		}
		order = append(append(order, own.UID), dimse.WriteOrder...)
	}
	rank := func(pc *dimse.PresentationContext) int {
		if i := slices.Index(order, pc.TransferSyntax.UID); i >= 0 {
			return i
		}
		if !first && pc.TransferSyntax.UID == own.UID {
			return len(order) + 1
		}
		return len(order)
	}
	slices.SortStableFunc(list, func(x, y *dimse.PresentationContext) int { return rank(x) - rank(y) })
	return list
}

// bring makes ds ready for a context of the transfer syntax target. damaged
// allows to decode incomplete frames as far as they go.
func (s *Peers) bring(ctx context.Context, ds *dicom.Dataset, target dicom.TransferSyntax, asked pixel.Code, damaged bool) error {
	own := ds.TransferSyntax()
	nki := ds.NKI() != nil && !ds.Has(dicom.PixelData)
	switch {
	case pixel.PassedThrough(ds) && own.UID == target.UID:
		return nil
	case pixel.PassedThrough(ds):
	case target.Encapsulated:
		if own.UID == target.UID {
			return nil
		}
	case own.Encapsulated:
	case asked.AsIs(), asked.Family == 'n' && nki:
		return nil
	case pixel.Plain(ds):
		return nil
	}
	err := s.transcode.TranscodeTo(ctx, ds, target.UID, asked.Quality, damaged)
	if err != nil && !target.Encapsulated && !own.Encapsulated && !own.Referenced && !nki {
		return nil // plain pixel data of an odd kind go as they are
	}
	return err
}

// acceptedCode is the code that the original names for an accepted syntax.
func acceptedCode(uid string) string {
	if uid == dicom.RLELossless {
		return "rle"
	}
	return pixel.CodeOf(uid)
}
