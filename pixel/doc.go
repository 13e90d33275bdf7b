// Package pixel works on the pixel data of a data set: it decodes frames,
// changes the compression by the original's codes, scales, extracts frames and
// renders pictures (docs/original/compression.md). The codecs are in the packages below
// it; they know nothing of data sets.
//
// Entry points: Transcode for compression codes, Decompress for plain pixel
// data, Open for single frames, Render for gif, bmp, jpg and png.
package pixel
