"""The peers' side of clusters.c: scikit-learn, fastcluster, hdbscan, fast_hdbscan on rows of a file.

Each answers with processor time, time by the clock, most memory beyond what was there before, then figures of
its own; labels go to a file (-: nowhere).
"""
import ctypes
import time


def read(path, n, d):
    import numpy as np
    return np, np.fromfile(path, np.float32, count=int(n) * int(d)).reshape(int(n), int(d))


def memory(field):
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) * 1024 for line in f if line.startswith(field))


def measured(np, labels, fn):
    """What fn returns are labels, or labels and figures.  One thread."""
    from threadpoolctl import threadpool_limits
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")
    before = memory("VmRSS:")
    with threadpool_limits(1):
        cpu, wall = time.process_time(), time.perf_counter()
        found = fn()
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    found = found if isinstance(found, tuple) else (found,)
    if labels != "-":
        np.asarray(found[0], np.int32).tofile(labels)
    return " ".join([f"{cpu:.6f} {wall:.6f} {memory('VmHWM:') - before}"] + [f"{v:.10g}" for v in found[1:]])


def dbscan(path, n, d, labels, eps, min_points):
    from sklearn.cluster import DBSCAN
    np, x = read(path, n, d)
    m = DBSCAN(eps=float(eps), min_samples=int(min_points))

    def run():
        m.fit(x)
        core = np.zeros(len(x))
        core[m.core_sample_indices_] = 1
        return m.labels_, m.labels_.max() + 1, (m.labels_ < 0).sum(), core.sum()
    return measured(np, labels, run)


def ward(path, n, d, labels, k, lib):
    """lib: fastcluster, sklearn"""
    np, x = read(path, n, d)
    if lib == "fastcluster":
        import fastcluster
        from scipy.cluster.hierarchy import fcluster
        tree = []
        answer = measured(np, "-", lambda: tree.append(fastcluster.linkage_vector(x, "ward")))
        np.asarray(fcluster(tree[0], int(k), "maxclust"), np.int32).tofile(labels)
        return answer
    from sklearn.cluster import AgglomerativeClustering
    return measured(np, labels, lambda: AgglomerativeClustering(int(k), linkage="ward").fit_predict(x))


def hdbscan(path, n, d, labels, min_cluster_size, min_points, lib):
    """lib: hdbscan, fast_hdbscan, sklearn.  The packages do not count a row among its own neighbours, scikit-learn does."""
    np, x = read(path, n, d)
    size, points = int(min_cluster_size), int(min_points)
    if lib == "hdbscan":
        from hdbscan import HDBSCAN
        m = HDBSCAN(min_cluster_size=size, min_samples=points - 1, core_dist_n_jobs=1, approx_min_span_tree=False)
    elif lib == "fast_hdbscan":
        import numba
        from fast_hdbscan import HDBSCAN
        numba.set_num_threads(1)
        m = HDBSCAN(min_cluster_size=size, min_samples=points - 1)
        m.fit(x[:2000])     # compiles
    else:
        from sklearn.cluster import HDBSCAN
        m = HDBSCAN(min_cluster_size=size, min_samples=points)

    def run():
        found = m.fit_predict(x)
        return found, found.max() + 1, (found < 0).sum()
    return measured(np, labels, run)


def gmm(path, n, d, k, covariance, passes):
    """From the moments of the rows nearest to the start rows, as ours; log likelihood, passes."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture
    import warnings
    np, x = read(path, n, d)
    k = int(k)
    at = (2 * np.arange(k, dtype=np.int64) + 1) * len(x) // (2 * k)
    nearest = np.empty(len(x), np.int64)
    for i in range(0, len(x), 65536):
        nearest[i:i + 65536] = ((x[i:i + 65536, None, :] - x[at][None]) ** 2).sum(2).argmin(1)

    class FromLabels(GaussianMixture):
        def _initialize_parameters(self, X, random_state, **_):
            resp = np.zeros((len(X), k), X.dtype)
            resp[np.arange(len(X)), nearest] = 1
            self._initialize(X, resp)

    m = FromLabels(k, covariance_type={"diagonal": "diag"}.get(covariance, covariance), max_iter=int(passes), tol=0)
    x = x.astype(np.float64)

    def run():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            m.fit(x)
        return nearest, m.lower_bound_, m.n_iter_
    return measured(np, "-", run)
