import json, os, subprocess, sys, warnings
import numpy as np
import pydicom, gdcm
warnings.simplefilter("ignore")
gdcm.Trace.WarningOff(); gdcm.Trace.ErrorOff(); gdcm.Trace.DebugOff()

def tool(*args):
    try:
        return subprocess.run(args, capture_output=True, timeout=60).returncode == 0
    except subprocess.TimeoutExpired:
        return False

def pixels(path):
    """samples by pydicom, None when it can not decode them"""
    try:
        return pydicom.dcmread(path, force=True).pixel_array
    except Exception:
        return None

def buffer(path):
    """samples by gdcm, in a process of its own: it may abort"""
    try:
        p = subprocess.run([sys.executable, "-c", gdcm_reader, path], capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        return None
    return p.stdout if p.returncode == 0 and p.stdout else None

gdcm_reader = """
import sys, gdcm
gdcm.Trace.WarningOff(); gdcm.Trace.ErrorOff(); gdcm.Trace.DebugOff()
r = gdcm.ImageReader(); r.SetFileName(sys.argv[1])
if r.Read(): sys.stdout.buffer.write(r.GetImage().GetBuffer().encode("utf-8", "surrogateescape"))
"""

def photometric(path):
    return pydicom.dcmread(path, stop_before_pixels=True).get("PhotometricInterpretation", "")

def near(a, b):
    if a is None or b is None or a.shape != b.shape: return a is not None and b is not None and a.size == b.size and np.array_equal(a.ravel(), b.ravel())
    if np.array_equal(a, b): return True
    return float(np.mean(np.abs(a.astype("f8") - b.astype("f8")))) < 2

def colours(path, a):
    """a as it is and as RGB, for files whose reader leaves YBR"""
    yield a
    try:
        yield pydicom.pixel_data_handlers.util.convert_color_space(a, "YBR_FULL", "RGB")
    except Exception:
        pass
    try:
        yield pydicom.pixel_data_handlers.util.apply_color_lut(a, pydicom.dcmread(path, force=True)) >> 8
    except Exception:
        pass

decoder = {"rle": "dcmdrle", "jpeg": "dcmdjpeg", "ls": "dcmdjpls"}
for line in sys.stdin:
    w = json.loads(line)
    said = {}
    readable = tool("dcmdump", "-q", "+L", w["Original"])
    said["dcmtk reads it back"] = "ok" if tool("dcmdump", "-q", "+L", w["Back"]) or not readable else "not readable"
    plain, coded = w["Plain"], w["Coded"] or {}
    if plain:
        want, got = pixels(w["Original"]), pixels(plain)
        if want is None:
            said["pydicom"] = "-"
        elif got is None:
            said["pydicom"] = "can not read it uncompressed"
        else:
            same = any(near(c, got) for c in colours(w["Original"], want))
            if not same and tool("dcmconv", "+te", w["Original"], plain + ".te"):
                # words of big endian are those of 16 bits (PS3.5 annex A.3), for pydicom of 32
                same = near(pixels(plain + ".te"), got)
            said["pydicom"] = "ok" if same else "other samples uncompressed"
        flat = buffer(plain)
        if got is not None and pydicom.dcmread(plain).PhotometricInterpretation.startswith("YBR"):
            got = list(colours(plain, got))[-1] if got.ndim > 2 else got
        for name, path in coded.items():
            who = name + " by gdcm"
            if name == "htj2k":
                continue
            kinds = {photometric(plain), photometric(path)}
            if len(kinds) == 2 and "PALETTE COLOR" in kinds:
                continue # one has the numbers of colours, the other the colours
            b = buffer(path) if flat is not None else None
            if flat is None: said[who] = "-"
            elif b is None: said[who] = "-" if pixels(path) is not None and near(pixels(path), got) else "not read"
            else: said[who] = "ok" if b == flat or (got is not None and near(pixels(path), got)) else "other samples"
            if name in decoder and not (name == "jpeg" and flat is None):
                out = path + ".un"
                who = name + " by dcmtk"
                if not tool(decoder[name], path, out): said[who] = "not decoded"
                elif got is None: said[who] = "-"
                else:
                    d = pixels(out)
                    said[who] = "ok" if d is not None and any(near(c, got) for c in colours(path, d)) else "other samples"
        if w["Picture"]:
            ok = os.path.exists(w["Picture"]) and os.path.getsize(w["Picture"]) > 100
            said["picture"] = "ok" if ok else "none"
    print(json.dumps({"ID": w["ID"], "Judged": said}))
