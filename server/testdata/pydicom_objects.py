"""Makes objects with pydicom, and compares those that came back with them."""
import glob
import os
import sys
import warnings

import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

warnings.simplefilter("ignore")


def base(n, sop_class="1.2.840.10008.5.1.4.1.1.7"):
    d = Dataset()
    d.SpecificCharacterSet = "ISO_IR 100"
    d.SOPClassUID = sop_class
    d.SOPInstanceUID = f"1.2.3.70.1.1.{n}"
    d.PatientID = "PYD"
    d.PatientName = "Müller^Jörg"
    d.StudyInstanceUID = "1.2.3.70.1"
    d.SeriesInstanceUID = "1.2.3.70.1.1"
    d.StudyDate = "20240101"
    d.StudyTime = "101500.123"
    d.Modality = "OT"
    d.InstanceNumber = str(n)
    d.SamplesPerPixel = 1
    d.PhotometricInterpretation = "MONOCHROME2"
    d.Rows, d.Columns = 16, 20
    d.BitsAllocated, d.BitsStored, d.HighBit = 16, 12, 11
    d.PixelRepresentation = 0
    d.PixelData = (np.arange(320, dtype="<u2") * 7 % 4096).tobytes()
    return d


def nested(n):
    d = base(n)
    inner = Dataset()
    inner.CodeValue, inner.CodingSchemeDesignator, inner.CodeMeaning = "T-1", "SRT", "meaning"
    outer = Dataset()
    outer.ReferencedSOPInstanceUID = "1.2.3"
    outer.PurposeOfReferenceCodeSequence = Sequence([inner, inner])
    d.SourceImageSequence = Sequence([outer, Dataset()])
    d.ReferencedStudySequence = Sequence([])
    return d


def private(n):
    d = base(n)
    block = d.private_block(0x0029, "TEST PRIVATE", create=True)
    block.add_new(0x01, "OB", b"\x01\x02\x03\x04")
    block.add_new(0x02, "FD", 3.25)
    block.add_new(0x03, "LO", "text")
    return d


def colour(n):
    d = base(n)
    d.SamplesPerPixel, d.PlanarConfiguration, d.PhotometricInterpretation = 3, 0, "RGB"
    d.BitsAllocated = d.BitsStored = 8
    d.HighBit = 7
    d.PixelData = bytes(i % 256 for i in range(960))
    return d


def frames(n):
    d = base(n)
    d.NumberOfFrames = "3"
    d.PixelData = np.arange(960, dtype="<u2").tobytes()
    return d


def signed(n):
    d = base(n)
    d.PixelRepresentation = 1
    d.RescaleIntercept, d.RescaleSlope = "-1024", "1"
    d.PixelSpacing = ["0.5", "0.25"]
    d.PixelData = (np.arange(320, dtype="<i2") - 160).tobytes()
    return d


def utf8(n):
    d = base(n)
    d.SpecificCharacterSet = "ISO_IR 192"
    d.PatientName = "山田^太郎"
    return d


def odd(n):
    d = base(n)
    d.Rows, d.Columns, d.BitsAllocated, d.BitsStored, d.HighBit = 3, 3, 8, 8, 7
    d.PixelData = bytes(range(9)) + b"\0"
    return d


KINDS = [("plain", base), ("nested", nested), ("private", private), ("colour", colour), ("frames", frames),
         ("signed", signed), ("utf8", utf8), ("odd", odd)]


def make(folder):
    for n, (name, kind) in enumerate(KINDS, 1):
        d = kind(n)
        d.file_meta = FileMetaDataset()
        d.file_meta.MediaStorageSOPClassUID = d.SOPClassUID
        d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
        implicit = name in ("plain", "colour")
        d.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if implicit else ExplicitVRLittleEndian
        d.is_little_endian, d.is_implicit_VR = True, implicit
        d.save_as(os.path.join(folder, name + ".dcm"), write_like_original=False)


def compare(folder, got):
    returned = {}
    for path in glob.glob(os.path.join(got, "*")):
        d = pydicom.dcmread(path, force=True)
        returned[d.SOPInstanceUID] = d
    equal = 0
    for path in glob.glob(os.path.join(folder, "*.dcm")):
        a = pydicom.dcmread(path)
        b = returned.get(a.SOPInstanceUID)
        if b is None:
            print("missing", path)
            continue
        bad = []
        for e in a:
            if e.tag not in b:
                bad.append(f"{e.tag} is gone")
                continue
            x, y = e.value, b[e.tag].value
            if isinstance(y, bytes) and not isinstance(x, bytes):
                y = b.__getitem__(e.tag).value
            if x != y:
                bad.append(f"{e.tag}: {str(x)[:60]!r} became {str(y)[:60]!r}")
        if bad:
            print(path, "; ".join(bad))
        else:
            equal += 1
    print(equal, "equal")


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    compare(sys.argv[2], sys.argv[3])
