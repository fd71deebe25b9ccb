#!/usr/bin/env bash
# Tries the wheel and the source distribution in empty environments outside the checkout, one Python after the other.
#
# Usage: tests/try_release.sh [VERSION[:wheel|:sdist] ...]      tests/try_release.sh 3.11 3.12:wheel 3.13:sdist
#
# With --requirements-of VENV before the versions, what the lab requires is not installed anew: the environments see what
# that one has of it, and of the lab itself nothing. This takes two minutes, and does not try what the packages require.
#
# A version alone is both packages. Without a version: each of 3.11, 3.12 and 3.13 that is there, as python3.N on PATH or among pyenv's versions; those
# that are missing are named. A version that is asked for must be there.
#
# Both packages are built once, from the committed and the staged files. Each is installed with pip, as pip is configured;
# in a folder of its own a model is trained, resumed, exported and drawn from, generators are evolved, the shipped
# generator is dissected, and `gan-lab doctor` asks the app for its page. The first thing that fails ends the script with
# an error. Where pip finds CPU builds of PyTorch, an environment is 2 GB, and a Python takes some minutes; where it
# brings CUDA with it, 6 GB. An environment is deleted before the next one is made.
set -euo pipefail
unset CDPATH PYTHONPATH PYTHONDONTWRITEBYTECODE

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

say() { printf '\n=== %s (%d s)\n' "$*" "$SECONDS"; }

fail() {
    printf 'try_release: %s\n' "$*" >&2
    exit 1
}

# The Python of version $1: what is called so on PATH and runs, or the newest one of pyenv's.
find_python() {
    local found
    for found in "python$1" $(compgen -G "${PYENV_ROOT:-$HOME/.pyenv}/versions/$1.*/bin/python" | sort -rV); do
        if "$found" -c 'import venv' 2>/dev/null; then
            printf '%s\n' "$found"
            return
        fi
    done
    return 1
}

# Makes "$place/built/*" with the Python $1, from a copy: what builds leaves its traces beside the sources.
build() {
    mkdir "$place/sources"
    (cd -- "$root" && git ls-files -z | tar --null -T - -cf -) | tar -xf - -C "$place/sources"
    "$1" -m pip install --quiet 'setuptools>=77' build
    "$1" -m build --outdir "$place/built" "$place/sources" >"$place/build.log" 2>&1 ||
        { tail -n 20 "$place/build.log" && fail "the packages could not be built"; }
    ls "$place/built"
}

# What must work where the lab was installed: run in an empty folder, with the environment first on PATH.
try_it() {
    python -c "import core_gans, sys; assert core_gans.__file__.startswith(sys.prefix), core_gans.__file__"
    core-gans train gan --data ring --rounds 20 --name trained
    core-gans resume runs/trained --rounds 30
    egan evolve --data ring --rounds 5 --name evolved
    core-gans export runs/trained given
    core-gans sample given --count 8 --out drawn.npz
    dissect run --images 12 --layer block8 --out report
    gan-lab doctor # ends with an error where training, evolution, dissection or the app does not work
    [[ -s report/report.html && -s drawn.npz && -s given/README.md ]] || fail "a file is missing: $(ls -R)"
}

export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1
known=''
if [[ ${1-} == --requirements-of ]]; then
    known=$(echo "${2-}"/lib/python*/site-packages)
    [[ ${2-} && -d $known ]] || fail "--requirements-of wants an environment, such as .venv; got '${2-}'"
    known=$(cd -- "$known" && pwd -P)
    shift 2
fi
versions=("$@")
((${#versions[@]})) || versions=(3.11 3.12 3.13)
tried=()
for asked in "${versions[@]}"; do
    version=${asked%%:*}
    case ${asked#"$version"} in
    "") packages=(.whl .tar.gz) ;;
    :wheel) packages=(.whl) ;;
    :sdist) packages=(.tar.gz) ;;
    *) fail "$asked: expected a version such as 3.13, with :wheel or :sdist for one package alone" ;;
    esac
    if ! base=$(find_python "$version"); then
        (($# == 0)) || fail "there is no Python $version, neither on PATH nor among pyenv's versions"
        say "Python $version is not there: not tried"
        continue
    fi
    here=$place/environment
    say "$("$base" --version): an empty environment"
    "$base" -m venv --clear "$here"
    [[ -d $place/built ]] || build "$here/bin/python"
    again=()
    if [[ $known ]]; then # a path in a .pth file is looked through last, and no .pth file in it is read
        printf '%s\n' "$known" >"$("$here/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/known.pth"
        again=(--no-deps)
    fi
    for ending in "${packages[@]}"; do
        package=$(echo "$place"/built/*"$ending")
        say "Python $version, ${package##*/}"
        "$here/bin/python" -m pip install --quiet "${again[@]}" "$package"
        say "installed: $("$here/bin/python" -c 'import torch; print("torch", torch.__version__)')"
        work=$(mktemp -d -p "$place")
        (
            cd -- "$work"
            PATH=$here/bin:$PATH
            try_it
        )
        tried+=("Python $version, ${package##*/}")
        again=(--force-reinstall --no-deps) # the second package takes the place of the first, whose requirements are there
    done
done
((${#tried[@]})) || fail "no Python was there to try"
say "all well"
printf '%s\n' "${tried[@]}"
