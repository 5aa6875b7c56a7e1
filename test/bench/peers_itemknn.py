"""What bench_itemknn.c does, with SciPy: normalise, X.T @ X, the largest per column.

    bench_itemknn FOLDER; python3 peers_itemknn.py FOLDER [neighbours]

Reads the events that bench_itemknn wrote to FOLDER (cosine without shrink), prints
seconds (process time, the least of several runs), and compares the similarities
when itemknn_result.bin has as many per item.
"""
import os
import sys
import time

import numpy as np
import scipy
import scipy.sparse as sp

RUNS = 5


def read(folder, name, value):
    raw = np.fromfile(os.path.join(folder, name), np.uint8)
    rows, cols, n = raw[:24].view(np.int64)
    ends = np.cumsum([24, 4 * n, 4 * n, 4 * n if value else 0])
    parts = [raw[a:b] for a, b in zip(ends, ends[1:])]
    data = parts[2].view(np.float32) if value else np.ones(n, np.float32)
    return sp.csr_matrix((data, (parts[0].view(np.int32), parts[1].view(np.int32))), shape=(rows, cols))


def largest_per_column(s, k):
    """The k largest of each column of a CSC matrix without its diagonal."""
    rows, values, starts = [], [], [0]
    for j in range(s.shape[1]):
        r = s.indices[s.indptr[j]:s.indptr[j + 1]]
        v = s.data[s.indptr[j]:s.indptr[j + 1]]
        r, v = r[r != j], v[r != j]
        if v.size > k:
            best = np.argpartition(v, v.size - k)[v.size - k:]
            r, v = r[best], v[best]
        rows.append(r)
        values.append(v)
        starts.append(starts[-1] + v.size)
    return sp.csc_matrix((np.concatenate(values), np.concatenate(rows), starts), shape=s.shape)


def fit(x, k):
    norm = np.sqrt(np.asarray(x.multiply(x).sum(axis=0)).ravel())
    x = x @ sp.diags((1 / np.maximum(norm, 1e-9)).astype(np.float32))
    product = x.T.tocsr() @ x
    multiplied = time.process_time()
    return largest_per_column(product.tocsc(), k), multiplied, product.nnz


def main():
    folder = sys.argv[1]
    k = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    x = read(folder, "itemknn_events.bin", False)
    runs = []
    for _ in range(RUNS):
        t = time.process_time()
        kept, multiplied, pairs = fit(x, k)
        runs.append((time.process_time() - t, multiplied - t))
    all_s, product_s = min(runs)
    print(f"scipy {scipy.__version__}: product {product_s:.3f} s, all {all_s:.3f} s, "
          f"{pairs} pairs, {kept.nnz} kept")
    path = os.path.join(folder, "itemknn_result.bin")
    ours = read(folder, "itemknn_result.bin", True).tocsc() if os.path.exists(path) else None
    if ours is not None and ours.nnz == kept.nnz:
        kept.sort_indices()
        a = np.sort(ours.data.reshape(-1, k), axis=1) if ours.nnz == k * x.shape[1] else ours.data
        b = np.sort(kept.data.reshape(-1, k), axis=1) if ours.nnz == k * x.shape[1] else kept.data
        print(f"largest difference of a similarity {np.abs(a - b).max():.2g}, "
              f"same pairs {(ours != 0).multiply(kept != 0).nnz / kept.nnz:.4f} (the others are ties but for rounding)")


main()
