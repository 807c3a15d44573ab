"""A small American feeder in OpenDSS's words, written for these tests.

source 12.47 kV o--- line, 3 ph ---o mid --- 500 kVA, 480 V ---o shop (business, plant)
                                   |
                                   +-- 25 kVA, split-phase --o pole: two legs, one 240 V
"""

from __future__ import annotations

from pathlib import Path

MASTER = """\
clear
set defaultbasefrequency=60
new circuit.small basekv=12.47 pu=1.02 phases=3 mvasc3=200 mvasc1=100
redirect lines.dss
new transformer.big phases=3 windings=2 buses=(mid, shop) conns=(delta, wye)
~ kvs=(12.47, 0.48) kvas=(500, 500) xhl=4
new transformer.pole phases=1 windings=3 buses=(mid.2, pole.1.0, pole.0.2)
~ kvs=(7.2, 0.12, 0.12) kvas=(25, 25, 25) xhl=2 xht=2 xlt=1.4 %rs=(0.6, 1.2, 1.2)
new loadshape.shopping npts=24 interval=1 mult=(file=shop.csv)
new load.shop phases=3 bus1=shop kv=0.48 kw=90 pf=0.95 model=1 class=2 daily=shopping
new load.flats phases=3 bus1=shop kv=0.48 kw=30 pf=0.95 model=2
new load.leg_1 phases=1 bus1=pole.1 kv=0.12 kw=2 pf=0.97 model=1
new load.leg_2 phases=1 bus1=pole.2 kv=0.12 kw=1 pf=0.97 model=1
new load.across phases=1 bus1=pole.1.2 kv=0.24 kw=3 pf=0.97 model=4
new generator.plant phases=3 bus1=shop kv=0.48 kw=15 pf=1 model=1
set voltagebases=(12.47, 0.48, 0.208)
calcvoltagebases
"""
LINES = """\
new linecode.open nphases=3 r1=0.3 x1=0.6 r0=0.7 x0=1.8 c1=3 c0=2 units=km
new line.main bus1=sourcebus bus2=mid linecode=open length=3 units=km normamps=200
"""


def written(folder: Path) -> Path:
    """The circuit's files in a folder; its master file."""
    (folder / "Master.dss").write_text(MASTER)
    (folder / "lines.dss").write_text(LINES)
    shares = [0.2] * 8 + [1.0] * 12 + [0.2] * 4
    (folder / "shop.csv").write_text("\n".join(map(str, shares)))
    return folder / "Master.dss"


CONTROLS = """\
new regcontrol.big transformer=big winding=2 vreg=120 band=2 ptratio=2.3094
new regcontrol.odd transformer=big winding=2 vreg=120 band=2 ptratio=2.3094 ldc_z=1
new capacitor.bank phases=3 bus1=shop kv=0.48 kvar=60
new capcontrol.bank capacitor=bank element=transformer.big terminal=2 type=time
~ onsetting=6 offsetting=20
"""


def regulated(folder: Path, controls: str = CONTROLS) -> Path:
    """The same with a tap changer at the shop, and a capacitor by the clock."""
    master = written(folder)
    head, last = MASTER.split("set voltagebases")
    master.write_text(f"{head}{controls}set voltagebases{last}")
    return master
