"""Which words of the OpenDSS language a circuit may use, and what becomes of each."""

from __future__ import annotations

import re

FOLLOWED = frozenset({"redirect", "compile"})
CONTINUED = frozenset({"more", "m", "~"})
COORDINATES = frozenset({"buscoords", "latlongcoords", "giscoords"})
PLAIN = frozenset({
    "clear", "clearall", "calcvoltagebases", "makebuslist", "allocateloads", "init",
    "buildy", "reprocessbuses", "setloadandgenkv", "reset",
})  # fmt: skip
SWITCHES = frozenset({"enable", "disable", "open", "close"})
PLACES = frozenset({"setkvbase", "setbusxy"})
IGNORED = frozenset({
    "save", "show", "plot", "dump", "//", "help", "quit", "?", "next", "panel",
    "sample", "about", "get", "export", "voltages", "currents", "powers",
    "seqvoltages", "seqcurrents", "seqpowers", "losses", "phaselosses", "cktlosses",
    "formedit", "totals", "capacity", "classes", "userclasses", "zsc", "zsc10",
    "zscrefresh", "ysc", "puvoltages", "varvalues", "varnames", "interpolate", "top",
    "rotate", "vdiff", "summary", "di_plot", "comparecases", "yearlycurves",
    "visualize", "closedi", "_initsnap", "_samplecontrols", "_showcontrolqueue",
    "addbusmarker", "uuids", "nodediff", "updatestorage", "pstcalc",
    "clearbusmarkers", "relcalc", "cleanup", "finishtimestep", "nodelist",
    "calcincmatrix", "calcincmatrix_o", "refine_buslevels", "calclaplacian",
    "exportoverloads", "exportvviolations", "zsc012", "allpceatbus", "allpdeatbus",
    "totalpowers", "comhelp",
})  # fmt: skip
COMMANDS = sorted(
    {"new", "edit", "batchedit", "select", "set", "solve", "var"}
    | FOLLOWED | CONTINUED | COORDINATES | PLAIN | SWITCHES | PLACES | IGNORED
)  # fmt: skip

OPTIONS = frozenset({
    "frequency", "year", "tolerance", "maxiterations", "loadmult", "normvminpu",
    "normvmaxpu", "emergvminpu", "emergvmaxpu", "%growth", "allowduplicates",
    "voltagebases", "algorithm", "controlmode", "genmult", "defaultdaily",
    "defaultyearly", "allocationfactors", "basefrequency", "maxcontroliter",
    "cfactors", "numallociterations", "defaultbasefrequency", "loadshapeclass",
    "earthmodel", "neglectloady", "miniterations", "longlinecorrection", "ldcurve",
    "autobuslist", "%normal", "seasonrating", "seasonsignal",
})  # fmt: skip
ONLY = {"loadmodel": "powerflow", "cktmodel": "multiphase"}
SELECTING = frozenset({"type", "element", "class", "object", "circuit"})
IGNORED_OPTIONS = frozenset({
    "hour", "sec", "stepsize", "mode", "random", "number", "time", "h", "%mean",
    "%stddev", "genkw", "genpf", "capkvar", "addtype", "zonelock", "ueweight",
    "lossweight", "ueregs", "lossregs", "trapezoidal", "tracecontrol", "pricesignal",
    "pricecurve", "terminal", "harmonics", "bus", "keeplist", "reduceoption",
    "demandinterval", "diverbose", "casename", "markercode", "nodewidth", "log",
    "recorder", "overloadreport", "voltexceptionreport", "showexport",
    "markswitches", "switchmarkercode", "daisysize", "marktransformers",
    "transmarkercode", "transmarkersize", "querylog", "markcapacitors",
    "markregulators", "markpvsystems", "markstorage", "capmarkercode",
    "regmarkercode", "pvmarkercode", "storemarkercode", "capmarkersize",
    "regmarkersize", "pvmarkersize", "storemarkersize", "markfuses",
    "fusemarkercode", "fusemarkersize", "markreclosers", "reclosermarkercode",
    "reclosermarkersize", "registryupdate", "markrelays", "relaymarkercode",
    "relaymarkersize", "processtime", "totaltime", "steptime", "sampleenergymeters",
    "keepload", "zmag", "linetypes", "eventlogdefault", "showreports", "numcpus",
    "numcores", "cpu", "actorprogress", "concatenatereports",
})  # fmt: skip

CLASSES = frozenset({
    "linecode", "loadshape", "tshape", "priceshape", "xycurve", "growthshape",
    "tcc_curve", "spectrum", "wiredata", "cndata", "tsdata", "linespacing",
    "linegeometry", "xfmrcode", "line", "vsource", "isource", "vccs", "load",
    "transformer", "regcontrol", "capacitor", "reactor", "capcontrol", "fault",
    "generator", "gendispatcher", "storage", "storagecontroller", "relay",
    "recloser", "fuse", "swtcontrol", "pvsystem", "upfc", "upfccontrol",
    "espvlcontrol", "indmach012", "autotrans", "invcontrol", "expcontrol", "gicline",
    "gictransformer", "vsconverter", "monitor", "energymeter", "sensor",
})  # fmt: skip
FILE_PROPERTIES = frozenset({"csvfile", "sngfile", "dblfile", "pqcsvfile"})
CODE_PROPERTIES = frozenset({
    "usermodel", "userdata", "shaftmodel", "shaftdata", "dynadll", "dynadata",
})  # fmt: skip
IGNORED_PROPERTIES = frozenset({"debugtrace", "memorymapping"})
FILE_WORDS = frozenset({"file", "csvfile", "sngfile", "dblfile"})
FILE_DETAILS = frozenset({"column", "header"})
MOST_OF = {
    "phases": 100, "nphases": 100, "nconds": 100, "ncond": 100, "windings": 100,
    "wdg": 100, "cond": 100, "numsteps": 1000, "numtaps": 10_000, "npts": 100_000_000,
    "nharm": 10_000, "numharm": 10_000, "n_strands": 10_000, "strands": 10_000,
}  # fmt: skip
WHOLE = re.compile(r"\d{1,3}\Z")
