// Package printing is the print service (PS3.4 H, docs/original/network.md 2.6): [Service]
// takes films from modalities and keeps their pictures as files and as one
// drawing for each film, and [Send] prints images on a printer. It talks to no
// paper; that is what the script printserver is for.
package printing
