package jpeg2000

import "fmt"

// htScratch is the work space of the high throughput decoder.
type htScratch struct{}

func (t *blockDecoder) decodeHT(chunks []chunk, cb *codeBlock, style uint8, planes int) error {
	return fmt.Errorf("%w: high throughput code blocks", ErrUnsupported)
}
