#!/usr/bin/env bash
# Tries the wheel and the source distribution in empty environments outside the checkout, one for each Python that is there.
# Usage: tests/try_release.sh [python ...]   (default: python3.11, python3.12, python3.13; those that are missing are named)
# Needs pip's index, and about 2 GB for each Python while it runs.
set -euo pipefail
unset CDPATH PYTHONPATH

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
pythons=("$@")
((${#pythons[@]})) || pythons=(python3.11 python3.12 python3.13)

say() { printf '\n=== %s\n' "$*"; }

# From a copy: what builds leaves its traces beside the sources.
mkdir "$place/sources" "$place/built"
(cd -- "$root" && git ls-files -z | tar --null -T - -cf -) | tar -xf - -C "$place/sources"

tried=0
for python in "${pythons[@]}"; do
    if ! "$python" -c 'import sys' 2>/dev/null; then
        say "$python is not there: not tried"
        continue
    fi
    here=$place/$("$python" -c 'import sys; print("py%d.%d" % sys.version_info[:2])')
    say "$("$python" --version): an empty environment"
    "$python" -m venv "$here"
    if [[ -z $(find "$place/built" -name '*.whl') ]]; then
        "$here/bin/python" -m pip install --quiet --disable-pip-version-check 'setuptools>=77' build
        "$here/bin/python" -m build --outdir "$place/built" "$place/sources" >"$place/build.log" 2>&1 ||
            { tail -n 20 "$place/build.log" && exit 1; }
        ls "$place/built"
    fi
    cd "$place"
    for package in "$place"/built/*.whl "$place"/built/*.tar.gz; do
        say "$("$python" --version), ${package##*/}"
        again=()
        [[ $package != *.tar.gz ]] || again=(--force-reinstall --no-deps)
        "$here/bin/python" -m pip install --quiet --disable-pip-version-check "${again[@]}" "$package"
        work=$(mktemp -d -p "$place")
        (
            cd "$work"
            export PATH=$here/bin:$PATH
            python -c "import core_gans, sys; assert core_gans.__file__.startswith(sys.prefix), core_gans.__file__"
            core-gans train gan --data ring --rounds 20 --name trained
            core-gans resume runs/trained --rounds 30
            egan evolve --data ring --rounds 5 --name evolved
            core-gans export runs/trained given
            core-gans sample given --count 8 --out drawn.npz
            dissect run --images 12 --layer block8 --out report
            gan-lab doctor # ends with an error where training, evolution, dissection or the app does not work
            [[ -s report/report.html && -s drawn.npz && -s given/README.md ]]
        )
        tried=$((tried + 1))
    done
done
((tried)) || { say "no Python was there to try"; exit 1; }
say "all well: $tried installations tried"
