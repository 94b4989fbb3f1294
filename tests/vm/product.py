"""The product application: built against the library as a product's author would, out of our development package."""
from pathlib import Path

from common import HERE, run

LIBRARIES = "usr/lib/x86_64-linux-gnu"


def build_product(root: Path, packages: list[Path], work: Path) -> None:
    """Does nothing where the library is not among the packages: the machine then only proves itself."""
    if not any(package.name.startswith("libintegrity-dev_") for package in packages):
        return
    program = root / "usr/libexec/vm/product"
    program.parent.mkdir(parents=True, exist_ok=True)
    run("g++", "-std=c++20", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{root}/usr/include",
        HERE / "product/product.cpp", f"-L{root}/{LIBRARIES}", f"-Wl,-rpath-link,{root}/{LIBRARIES}",
        "-lintegrity", "-o", program)
    run("cp", HERE / "product/vm-product.service", root / "usr/lib/systemd/system")
    wanted = root / "usr/lib/systemd/system/multi-user.target.wants"
    wanted.mkdir(exist_ok=True)
    (wanted / "vm-product.service").symlink_to("../vm-product.service")
