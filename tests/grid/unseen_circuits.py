"""Odd but legal OpenDSS circuits, written for these tests, and what each may say.

`AGREES` are solved as by the engine; `NAMES` too, but for what their notes name by
element; `REFUSED` say, by file and line or by element, what cannot be represented.
"""

from __future__ import annotations

HEAD = """clear
set defaultbasefrequency=60
new circuit.c basekv=12.47 r1=.1 x1=1 r0=.2 x0=2
"""
END = """
set voltagebases=[115 12.47 4.16 .48 .416 .208]
calcvoltagebases
solve
"""
SERVICE = """new line.l bus1=sourcebus bus2=mv length=1 units=km r1=.3 x1=.5 r0=.6 x0=1
new transformer.t windings=2 buses=[mv lv] conns=[delta wye] kvs=[12.47 .48]
~ kvas=[500 500] xhl=4
new load.base bus1=lv kv=.48 kw=90 pf=.95
"""


def of(body: str) -> str:
    """A circuit with this in it."""
    return f"{HEAD}{body}{END}"


AGREES = {
    "no transformer": of("""new line.l bus1=sourcebus bus2=b length=2 units=mi
new load.a bus1=b kv=12.47 kw=300 pf=.9
new load.b phases=1 bus1=b.2 kv=7.2 kw=40 model=3
new load.c phases=1 conn=delta bus1=b.3.1 kv=12.47 kw=55 model=5
"""),
    "no bases": f"{HEAD}new line.l bus1=sourcebus bus2=b length=1\n"
    "new load.b bus1=b kv=12.47 kw=50\n",
    "mesh of two sources": of(
        """new vsource.two bus1=d basekv=12.47 pu=.99 angle=1 r1=1 x1=3 r0=2 x0=4
new line.ab bus1=sourcebus bus2=b length=1 units=km
new line.bc bus1=b bus2=c length=1 units=km
new line.cd bus1=c bus2=d length=1 units=km
new line.ac bus1=sourcebus bus2=c length=2.5 units=km
new line.bd bus1=b bus2=d length=1.5 units=km
new line.beside bus1=b bus2=d switch=y
new load.b bus1=b kv=12.47 kw=500
new load.c phases=2 bus1=c.1.3 kv=12.47 kw=100
"""
    ),
    "spaces and quotes in names": of(
        """new "line.main feeder (old)" bus1=sourcebus bus2="bus 1 a"
new 'line.it"s' bus1="bus 1 a" bus2={b'us two}
new line.dots.in.name bus1=(b'us two) bus2=b#3
new "load.café & co" bus1="bus 1 a" kv=12.47 kw=50
new load.$x phases=1 bus1={b'us two.2} kv=7.2 kw=5
new load.twin0 phases=1 bus1=b#3.1 kv=7.2 kw=5
"""
    ),
    "four-wire services and centre taps": of(
        """new line.l bus1=sourcebus bus2=mv length=1 units=km
new transformer.t windings=2 buses=[mv lv.1.2.3.4] conns=[delta wye]
~ kvs=[12.47 .48] kvas=[500 500] xhl=4 rneut=-1
new reactor.ground phases=1 bus1=lv.4 r=1 x=0
new load.four bus1=lv.1.2.3.4 kv=.48 kw=40
new load.one phases=1 bus1=lv.1.4 kv=.277 kw=10
new load.grounded bus1=lv kv=.48 kw=30 rneut=2 xneut=.5
new transformer.ct phases=1 windings=3 buses=[mv.1 s.1.0 s.0.2] kvs=[7.2 .12 .12]
~ kvas=[25 25 25] xhl=2 xht=2 xlt=1.3
new line.triplex bus1=s.1.2 bus2=h.1.2 phases=2 length=80 units=ft r1=.0003 x1=.0001
~ r0=.0004 x0=.0003 c1=0 c0=0
new load.l1 phases=1 bus1=h.1 kv=.12 kw=2
new load.l2 phases=1 bus1=h.2 kv=.12 kw=4 model=4 cvrwatts=.7 cvrvars=2
new load.ll phases=1 bus1=h.1.2 kv=.24 kw=3
new load.two phases=2 bus1=h.1.2 kv=.208 kw=3
"""
    ),
    "wires, cables and spacings": of(
        """new wiredata.w rac=.306 runits=mi gmrac=.0244 gmrunits=ft radius=.36
~ radunits=in normamps=400
new linespacing.sp nconds=4 nphases=3 units=ft x=[-4 -1 3 0] h=[28 28 28 24]
new linegeometry.g nconds=4 nphases=3
~ cond=1 wire=w x=-4 h=28 units=ft
~ cond=2 wire=w x=-1 h=28 units=ft
~ cond=3 wire=w x=3 h=28 units=ft
~ cond=4 wire=w x=0 h=24 units=ft
~ reduce=y
new cndata.cn k=13 diastrand=.064 gmrstrand=.00208 rstrand=14.87 gmrunits=in
~ radunits=in runits=mi inslayer=.22 diains=1.06 diacable=1.16 rac=.41 gmrac=.0171
~ diam=.567 epsr=2.3
new linegeometry.ug nconds=3 nphases=3 units=ft
~ cond=1 cncable=cn x=-.5 h=-4
~ cond=2 cncable=cn x=0 h=-4
~ cond=3 cncable=cn x=.5 h=-4
new line.a bus1=sourcebus bus2=b geometry=g length=1 units=mi
new line.b bus1=b bus2=c spacing=sp wires=[w w w w] length=.5 units=mi
new line.c bus1=b bus2=d geometry=ug length=2000 units=ft
new load.c bus1=c kv=12.47 kw=400
new load.d bus1=d kv=12.47 kw=400
"""
    ),
    "inline math, tabs and comments": "\ufeff"
    + of("""// comment\r
new line.l bus1=sourcebus bus2=b length=(1 2 + 3 /) units=mi\t! reverse Polish\r
new\tload.a\tbus1=b
~ kv = [12.47]
~ kw=(100 3 sqrt *) , pf = .9
/* out
new load.out bus1=b kw=1e9
*/
var @p=77
new load.b phases=1 bus1=b.1 kv={7.2} kw=@p pf=-0.98
edit load.b kw="50 2 *"
load.b.model=2
set loadmult=(1 2 /)
"""),
    "capacitors in series and in steps": of(f"""{SERVICE}
new capacitor.s bus1=mv bus2=far phases=3 kvar=2000 kv=5
new load.far bus1=far kv=12.47 kw=900 pf=.9
new capacitor.c bus1=lv kv=.48 kvar=[20 30 50] numsteps=3 states=[0 1 1]
"""),
    "autotransformer and three windings": of(
        """new autotrans.a phases=3 windings=3 buses=[sourcebus low ter]
~ conns=[series wye delta] kvs=[12.47 4.16 .48] kvas=[1000 1000 200]
~ xhx=4 xht=20 xxt=15
new load.low bus1=low kv=4.16 kw=300
new load.ter conn=delta bus1=ter kv=.48 kw=50
new transformer.t windings=3 buses=[sourcebus a b] conns=[wye wye delta]
~ kvs=[12.47 4.16 .48] kvas=[1000 800 300] xhl=6 xht=8 xlt=5 %noloadloss=.5 %imag=1
new load.a bus1=a kv=4.16 kw=400
new load.b conn=delta bus1=b kv=.48 kw=100
"""
    ),
    "one phase": """clear
new circuit.c phases=1 bus1=s.1 basekv=7.2
new line.l phases=1 bus1=s.1 bus2=b.1 length=1 units=km
new load.b phases=1 bus1=b.1 kv=7.2 kw=50
set voltagebases=[12.47]
calcvoltagebases
""",
    "nodes beyond three, loads at the source": of(
        """new line.l bus1=sourcebus.1.2.3 bus2=b.7.8.9 length=1 units=km
new load.b bus1=b.7.8.9 kv=12.47 kw=60
new load.c phases=1 bus1=b.8.9 kv=12.47 kw=6
new load.s bus1=sourcebus kv=12.47 kw=100
new load.s1 phases=1 bus1=sourcebus.2 kv=7.2 kw=100 model=2
"""
    ),
    "every load model beyond its band": of(
        "new line.l bus1=sourcebus bus2=b length=12 units=mi\n"
        + "".join(
            f"new load.m{m} phases=1 bus1=b.{1 + m % 3} kv=7.2 kw=600 pf=.9 model={m} "
            f"vminpu=.97 vmaxpu=.99 {'zipv=(.2 .3 .5 .4 .3 .3 .5)' * (m == 8)}\n"
            for m in range(1, 9)
        )
    ),
}

NAMES = {
    "open-delta regulators": (
        of("""new line.l bus1=sourcebus bus2=a length=3 units=mi
new transformer.r1 phases=1 windings=2 buses=[a.1.2 r.1.2] conns=[delta delta]
~ kvs=[12.47 12.47] kvas=[2000 2000] xhl=.01
new transformer.r2 phases=1 windings=2 buses=[a.3.2 r.3.2] conns=[delta delta]
~ kvs=[12.47 12.47] kvas=[2000 2000] xhl=.01
new line.through bus1=a.2 bus2=r.2 phases=1 switch=y
new regcontrol.r1 transformer=r1 winding=2 vreg=122 band=2 ptratio=103.9
new regcontrol.r2 transformer=r2 winding=2 vreg=122 band=2 ptratio=103.9
new line.m bus1=r bus2=e length=3 units=mi
new load.e conn=delta bus1=e kv=12.47 kw=1500 pf=.9
new load.s phases=1 conn=delta bus1=e.1.2 kv=12.47 kw=200 pf=.9 model=2
"""),
        ("RegControl.r1", "RegControl.r2"),
    ),
    "plants, reactors and a fault": (
        of(f"""{SERVICE}new reactor.shunt bus1=mv kv=12.47 kvar=100
new reactor.series bus1=lv bus2=lv2 r=.001 x=.005
new fault.f phases=1 bus1=lv2.1 bus2=lv2.2 r=50
new generator.g bus1=lv2 kv=.48 kw=30 pf=.9 model=1
new generator.holds bus1=mv kv=12.47 kw=200 model=3 vpu=1 maxkvar=200 minkvar=-200
new pvsystem.p bus1=lv2 kv=.48 kva=50 pmpp=50 irradiance=.7 temperature=40
new storage.s phases=1 bus1=lv2.3 kv=.277 kwrated=10 kwhrated=50 state=charging
new load.x bus1=lv2 kv=.48 kw=20
"""),
        ("Generator.g", "Generator.holds", "PVSystem.p", "Storage.s"),
    ),
    "controlled sources and machines": (
        of(f"""{SERVICE}new xycurve.bp npts=2 yarray=[-1 1] xarray=[-1 1]
new xycurve.f npts=2 yarray=[1 1] xarray=[0 1]
new vccs.v bus1=lv.1 phases=1 prated=1000 vrated=277 ppct=100 bp1=bp bp2=bp filter=f
~ fsample=5000 imaxpu=1.1
new indmach012.m bus1=lv kv=.48 kw=30 pf=.9 slipoption=variable
new isource.i bus1=mv amps=3 angle=10 phases=3
new gicline.gl bus1=mv bus2=gg r=1
"""),
        ("VCCS.v", "IndMach012.m", "Isource.i", "GICLine.gl"),
    ),
    "a power flow controller": (
        of(f"""{SERVICE}new transformer.one phases=1 buses=[mv.1 u.1] kvs=[7.2 .24]
new upfc.u bus1=u.1 bus2=v.1 refkv=.24 phases=1 frequency=60 mode=1 xs=.754 tol1=.02
new line.v bus1=v.1 bus2=w.1 phases=1 length=.02 units=km
new load.w phases=1 bus1=w.1 kv=.24 kw=5
"""),
        ("UPFC.u", "Load.w is not supplied"),
    ),
    "protection and inverter controls": (
        of(f"""{SERVICE}new fuse.f monitoredobj=line.l monitoredterm=1
new recloser.r monitoredobj=line.l monitoredterm=1
new relay.y monitoredobj=line.l monitoredterm=1 type=current
new swtcontrol.s switchedobj=line.l switchedterm=1 action=close
new xycurve.vv npts=4 yarray=[1 1 -1 -1] xarray=[.5 .95 1.05 1.5]
new pvsystem.p bus1=lv kv=.48 kva=50 pmpp=50
new invcontrol.i mode=voltvar vvc_curve1=vv
new storage.st bus1=lv kv=.48 kwrated=10 kwhrated=50
new storagecontroller.sc element=line.l terminal=1 modedis=peakshave kwtarget=50
new expcontrol.e
new energymeter.m element=line.l
"""),
        (
            "Fuse.f", "Recloser.r", "Relay.y", "SwtControl.s", "PVSystem.p",
            "InvControl.i", "Storage.st", "StorageController.sc", "ExpControl.e",
            "do not come to rest in 200 rounds",
        ),
    ),
    "an island": (
        of(f"""{SERVICE}new line.isle bus1=x bus2=y length=1
new load.isle bus1=y kv=.48 kw=10
new generator.isle bus1=y kv=.48 kw=3
"""),
        ("Load.isle is not supplied", "Generator.isle"),
    ),
}  # fmt: skip

REFUSED = {
    "source between buses": (
        of(f"{SERVICE}new vsource.between bus1=lv bus2=other basekv=.05 pu=1\n"),
        "Vsource.between lies between two buses",
    ),
    "two of one name": (
        f"{HEAD}set allowduplicates=yes\n{SERVICE}"
        f"new load.base phases=1 bus1=lv.1 kv=.277 kw=10\n{END}",
        "several elements are called load.base",
    ),
    "two circuits": (f"{HEAD}new circuit.d basekv=12.47\n", "makes 2 circuits"),
    "positive sequence": (
        f"{HEAD}set cktmodel=positive\n{SERVICE}{END}",
        "Master.dss:4: cktmodel: only multiphase can be represented",
    ),
    "loads as admittances": (
        f"{HEAD}{SERVICE}set loadmodel=admittance\n{END}",
        "Master.dss:8: loadmodel: only powerflow can be represented",
    ),
    "growth by a shape": (
        of(f"""new growthshape.g npts=2 year=[1 5] mult=[1.02 1.03]
{SERVICE}load.base.growth=g
set year=3
"""),
        "Load.base grows by a shape",
    ),
    "an answer by chance": (
        of(f"{SERVICE}new vsconverter.v phases=4 ndc=1 bus1=lv.1.2.3.10 kvac=.48\n"),
        "VSConverter.v cannot be represented: .* not the same twice",
    ),
    "no voltage": (
        of(f"edit vsource.source pu=0\n{SERVICE}"),
        "no voltage anywhere",
    ),
    "no number": (
        of(f"{SERVICE}new load.bad bus1=lv kv=abc kw=3\n"),
        'Master.dss:8: OpenDSS: .*Invalid inline math entry: "abc"',
    ),
    "no such property": (
        of(f"{SERVICE}new load.bad bus1=lv kvv=.4 kw=3\n"),
        "Master.dss:8: kvv: load has no such property; did you mean 'kv'",
    ),
    "no such code": (
        of("new line.l bus1=sourcebus bus2=b linecode=none_such\n"),
        'Master.dss:4: OpenDSS: .*LineCode object "none_such" not found',
    ),
    "no impedance": (
        of("new line.l bus1=sourcebus bus2=b r1=0 x1=0 r0=0 x0=0 c1=0 c0=0\n"),
        r'Master.dss:\d+: OpenDSS: .*Matrix Inversion Error for Line "l"',
    ),
}
