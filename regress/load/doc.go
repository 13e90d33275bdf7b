// Command load measures DICOM servers against each other: it starts each of
// them in a folder of its own (or takes one that runs, with -addr), lets them do
// the same work in turn and prints a markdown table with a row per kind of work
// and a column per server.
//
//	go run ./regress/load -dgate ./dgate.bin -peers storescp,orthanc,files -rows store-small,echo
//
// Server and client share the machine, so only figures of one run compare. The
// client is its own, small and with prepared messages, so that it measures the
// server rather than itself and shares no code with it.
package main
