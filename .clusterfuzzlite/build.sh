#!/usr/bin/env bash
# Builds what OSS-Fuzz and ClusterFuzzLite run: in $OUT every target, its seeds, its options and the
# dictionary. $SRC/imdspec is the repository.
set -euo pipefail
cd "$SRC/imdspec"

# As scripts/fuzz builds, debug assertions included, so that one build serves both.
# shellcheck source=../scripts/fuzz
source scripts/fuzz
build

for target in $(names); do
  cp "fuzz/target/$triple/release/$target" "$OUT/$target"
  cp "fuzz/options/$target.options" "$OUT/$target.options"
  # A zip without folders in it; python3 is where zip is not.
  rm -f "$OUT/${target}_seed_corpus.zip"
  (
    cd "$(seeds_of "$target")"
    python3 -m zipfile -c "$OUT/${target}_seed_corpus.zip" $(ls)
  )
done
cp fuzz/imdspec.dict "$OUT/imdspec.dict"
