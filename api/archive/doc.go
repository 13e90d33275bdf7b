// Package archive fulfils what package api needs with the use cases of pacs.
package archive
