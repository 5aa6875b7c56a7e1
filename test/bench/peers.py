"""The other side of the benchmark: scikit-learn, faiss, SciPy and implicit on the same rows.

Reads commands from standard input, one a line, and answers each with one line,
"ok ..." as core does (see host.c), or "missing NAME" where a library is.

    versions                        python, libraries, what BLAS they use
    load FILE N D                   the first N rows of D floats
    lloyd LIB K PASSES THREADS      LIB: sklearn, elkan, faiss; the start rows of kmeans.c
    seed K SEED THREADS             greedy k-means++ of scikit-learn
    fit K SEED N_INIT THREADS       scikit-learn to convergence
    silhouette FILE ROWS THREADS    with the labels of FILE
    itemknn FILE LIB NEIGHBOURS     LIB: scipy, implicit
    compare FILE RESULT NEIGHBOURS  our pruned similarities against SciPy's
    roundtrip TABLE K WAY           COPY out, scikit-learn, COPY back; WAY: csv, binary
    medoids, prototypes             see medoids.py
    ease, rp3beta, als, recommend_all   see reco_peers.py
    dbscan, ward, hdbscan, gmm      see clusters.py
    labelled, labelled_eps          see labelled.py
    digits                          see deep.py
    events_roundtrip TABLE          the same for item-to-item similarities
    lists_roundtrip TABLE ALGORITHM SIZE N      the same for lists of all customers, by a model that is there; see recommend_all
"""
import importlib
import importlib.metadata
import os
import sys
import time
import warnings

os.environ.pop("OPENBLAS_CORETYPE", None)   # let it choose its best kernels
warnings.filterwarnings("ignore")


class Missing(Exception):
    pass


def need(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Missing(name.split(".")[0])


class Clock:
    def __enter__(self):
        self.cpu, self.wall = time.process_time(), time.perf_counter()
        return self

    def __exit__(self, *_):
        self.cpu, self.wall = time.process_time() - self.cpu, time.perf_counter() - self.wall

    def __str__(self):
        return f"{self.cpu:.6f} {self.wall:.6f}"


def threads(n):
    """As many threads for everything inside of a with block."""
    return need("threadpoolctl").threadpool_limits(int(n))


X = None


def versions():
    found = [f"python {sys.version.split()[0]}"]
    for name in ("numpy", "scipy", "sklearn", "faiss", "implicit", "pandas"):
        try:
            found.append(f"{name} {need(name).__version__}")
        except Missing:
            found.append(f"{name} missing")
    for name in ("fastcluster", "hdbscan", "fast_hdbscan", "kmedoids", "kmodes"):   # not all tell it themselves
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{name} missing")
    try:
        import numpy, threadpoolctl
        pools = sorted({f"{p['internal_api']} {p.get('version') or ''} {p.get('architecture') or ''}".strip()
                        for p in threadpoolctl.threadpool_info()})
        found.append("pools: " + ", ".join(pools))
    except ImportError:
        pass
    return "; ".join(found)


def version(name):
    return need(name).__version__


def load(path, n, d):
    global X
    np = need("numpy")
    X = np.fromfile(path, np.float32, count=int(n) * int(d)).reshape(int(n), int(d))
    return ""


def start_rows(k):
    np = need("numpy")
    j = np.arange(k, dtype=np.int64)
    return X[(2 * j + 1) * len(X) // (2 * k)].copy()


def inertia(centres):
    """In double precision, a slice of rows at a time."""
    np = need("numpy")
    total, c = 0.0, centres.astype(np.float64)
    for at in range(0, len(X), 65536):
        x = X[at:at + 65536].astype(np.float64)
        d2 = (x * x).sum(1)[:, None] - 2 * (x @ c.T) + (c * c).sum(1)
        total += np.maximum(d2.min(1), 0).sum()
    return total


def lloyd(lib, k, passes, n_threads):
    k, passes = int(k), int(passes)
    start = start_rows(k)
    with threads(n_threads):
        if lib == "faiss":
            faiss = need("faiss")
            faiss.omp_set_num_threads(int(n_threads))
            f = faiss.Kmeans(X.shape[1], k, niter=passes, min_points_per_centroid=1, max_points_per_centroid=len(X))
            with Clock() as t:
                f.train(X, init_centroids=start)
            return f"{t} {inertia(f.centroids):.10g} {passes}"
        algorithm = "elkan" if lib == "elkan" else "lloyd"
        m = need("sklearn.cluster").KMeans(k, init=start, n_init=1, max_iter=passes, tol=0, algorithm=algorithm)
        with Clock() as t:
            m.fit(X)
    return f"{t} {inertia(m.cluster_centers_):.10g} {m.n_iter_}"


def seed(k, number, n_threads):
    plusplus = need("sklearn.cluster").kmeans_plusplus
    with threads(n_threads):
        with Clock() as t:
            centres, _ = plusplus(X, int(k), random_state=int(number))
    return f"{t} {inertia(centres):.10g}"


def fit(k, number, n_init, n_threads):
    n_init = n_init if n_init == "auto" else int(n_init)
    m = need("sklearn.cluster").KMeans(int(k), n_init=n_init, random_state=int(number))
    with threads(n_threads):
        with Clock() as t:
            m.fit(X)
    return f"{t} {m.inertia_:.10g} {m.n_iter_}"


def silhouette(path, n, n_threads):
    np = need("numpy")
    score = need("sklearn.metrics").silhouette_score
    labels = np.fromfile(path, np.int32, count=int(n))
    with threads(n_threads):
        with Clock() as t:
            v = score(X[:int(n)], labels)
    return f"{t} {v:.10g}"


# ---- similarities of items ----

def read_pairs(path, with_values):
    np, sp = need("numpy"), need("scipy.sparse")
    raw = np.fromfile(path, np.uint8)
    rows, cols, n = raw[:24].view(np.int64)
    ends = np.cumsum([24, 4 * n, 4 * n, 4 * n if with_values else 0])
    parts = [raw[a:b] for a, b in zip(ends, ends[1:])]
    data = parts[2].view(np.float32) if with_values else np.ones(n, np.float32)
    return sp.csr_matrix((data, (parts[0].view(np.int32), parts[1].view(np.int32))), shape=(rows, cols))


def largest_per_column(s, k):
    """The k largest of each column of a CSC matrix without its diagonal."""
    np, sp = need("numpy"), need("scipy.sparse")
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


def similarities(x, k):
    """Cosines of the columns of x, the k largest of each: normalise, multiply, prune."""
    np, sp = need("numpy"), need("scipy.sparse")
    norm = np.sqrt(np.asarray(x.multiply(x).sum(axis=0)).ravel())
    x = x @ sp.diags((1 / np.maximum(norm, 1e-9)).astype(np.float32))
    return largest_per_column((x.T.tocsr() @ x).tocsc(), k)


def itemknn(path, lib, k):
    x = read_pairs(path, False)
    with threads(1):
        if lib == "scipy":
            with Clock() as t:
                kept = similarities(x, int(k))
            return f"{t} {kept.nnz}"
        m = need("implicit.nearest_neighbours").CosineRecommender(K=int(k) + 1, num_threads=1)
        with Clock() as t:
            m.fit(x, show_progress=False)
        return f"{t} {m.similarity.nnz}"


def compare(path, result, k):
    """Largest difference of a similarity, share of the same pairs (the others are ties but for rounding)."""
    np = need("numpy")
    kept, ours = similarities(read_pairs(path, False), int(k)), read_pairs(result, True).tocsc()
    same = (ours != 0).multiply(kept != 0).nnz / kept.nnz
    columns = [np.sort(m.data[m.indptr[j]:m.indptr[j + 1]]) for m in (ours, kept) for j in range(m.shape[1])]
    half = len(columns) // 2
    if any(a.size != b.size for a, b in zip(columns[:half], columns[half:])):
        return f"nan {same:.4f}"
    most = max((np.abs(a - b).max() for a, b in zip(columns[:half], columns[half:]) if a.size), default=0)
    return f"{most:.3g} {same:.4f}"


# Of reco_peers.py.
RECO = ("ease", "rp3beta", "als", "recommend_all")

COMMANDS = {f.__name__: f for f in (versions, version, load, lloyd, seed, fit, silhouette, itemknn, compare)}


def main():
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    import clusters
    import deep
    import labelled
    import medoids
    import roundtrip
    COMMANDS.update(roundtrip=roundtrip.customers, events_roundtrip=roundtrip.events, lists_roundtrip=roundtrip.lists,
                    medoids=medoids.medoids, prototypes=medoids.prototypes, digits=deep.digits,
                    dbscan=clusters.dbscan, ward=clusters.ward, hdbscan=clusters.hdbscan, gmm=clusters.gmm,
                    labelled=labelled.labelled, labelled_eps=labelled.labelled_eps)
    try:
        import reco_peers
        COMMANDS.update((name, getattr(reco_peers, name)) for name in RECO)
    except ImportError as e:
        missing = str(e.name)
        COMMANDS.update((name, lambda *_: need(missing)) for name in RECO)
    for line in sys.stdin:
        words = line.split()
        try:
            print("ok", COMMANDS[words[0]](*words[1:]), flush=True)
        except ImportError as e:
            print("missing", e.name, flush=True)
        except Missing as e:
            print("missing", e, flush=True)
        except Exception as e:
            print("failed", type(e).__name__, " ".join(str(e).split()), flush=True)


if __name__ == "__main__":
    main()
