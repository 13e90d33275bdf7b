package jpeg2000_test

import (
	"fmt"

	"conquest/pixel/frame"
	"conquest/pixel/jpeg2000"
)

func Example() {
	f, err := frame.New(4, 2, 1, 12, false, frame.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	f.Pix[0], f.Pix[1] = 0xFF, 0x0F
	data, err := jpeg2000.Encode(f, jpeg2000.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	g, err := jpeg2000.Decode(data, frame.Limits{MaxPixels: 8})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(g.Width, g.Height, g.BitsStored, g.Pix[:4])
	// Output: 4 2 12 [255 15 0 0]
}
