// Package attribute is elements as text, in the words of the original's scripts:
// which element a description names ([CutTag], [ParsePath], [ParseTarget]), what
// its value reads as ([Text], [First], [Path.Search]) and what a text makes of
// it ([Assign], [Target.Set]). %V, Data["..."] of Lua, FileNameSyntax and queries
// all go this way, so that they agree (docs/original/scripting.md 3.2, 4.1).
//
// Values are shown by the VR of the dictionary, whatever the object says of
// itself. Package dicom has the standard's own access to values.
package attribute
