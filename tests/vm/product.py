"""The product application: built against the library as a product's author would, out of our development package."""
from pathlib import Path

from common import HERE, run

LIBRARIES = "usr/lib/x86_64-linux-gnu"


def build_product(root: Path, packages: list[Path], work: Path) -> None:
    """Does nothing where the library is not among the packages: the machine then only proves itself."""
    library = [package for package in packages if package.name.startswith("libintegrity")]
    if len(library) < 2:
        return
    # Beside the root: a device has no development package.
    kit = work / "kit"
    for package in library:
        run("dpkg-deb", "--extract", package, kit)
    programs = root / "usr/libexec/vm"
    programs.mkdir(parents=True, exist_ok=True)
    for name in ("product", "probe", "listen", "broker"):
        run("g++", "-std=c++20", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{kit}/usr/include",
            HERE / f"product/{name}.cpp", f"-L{kit}/{LIBRARIES}", f"-Wl,-rpath-link,{root}/{LIBRARIES}", "-lintegrity",
            "-o", programs / name)
    run("cp", HERE / "product/vm-product.service", root / "usr/lib/systemd/system")
    wanted = root / "usr/lib/systemd/system/multi-user.target.wants"
    wanted.mkdir(exist_ok=True)
    (wanted / "vm-product.service").symlink_to("../vm-product.service")
