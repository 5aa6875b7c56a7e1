"""The peers' side of parts_labelled.sh: one method on one labelled set, labels to a file for COPY.

Rows are rounded to single precision, in which the engine holds them.
"""
STARTS = 10


def read(path, label_columns, scale):
    import numpy as np
    x = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)[:, :-int(label_columns)]
    if scale == "zscore":
        x = (x - x.mean(0)) / x.std(0)
    return np, x.astype(np.float32).astype(np.float64)


def by_centres(np, x, method, k):
    from sklearn import cluster
    if method == "kmeans":
        return cluster.KMeans(k, n_init=STARTS, random_state=1).fit_predict(x)
    if method == "minibatch_kmeans":
        return cluster.MiniBatchKMeans(k, n_init=STARTS, random_state=1).fit_predict(x)
    if method == "bisecting_kmeans":
        return cluster.BisectingKMeans(k, n_init=3, random_state=1).fit_predict(x)
    length = np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-30)
    return cluster.KMeans(k, n_init=STARTS, random_state=1).fit_predict(x / length)


def medoids(x, k):
    import kmedoids
    from sklearn.metrics import pairwise_distances
    distances = pairwise_distances(x)
    starts = [kmedoids.fasterpam(distances, k, max_iter=100, init="random", random_state=i, n_cpu=1) for i in range(STARTS)]
    return min(starts, key=lambda r: r.loss).labels


def density(np, x, method, options):
    """Labels; whether rows are core, of dbscan."""
    if method == "dbscan":
        from sklearn.cluster import DBSCAN
        m = DBSCAN(eps=float(options["eps"]), min_samples=int(options["min_points"])).fit(x)
        core = np.zeros(len(x), int)
        core[m.core_sample_indices_] = 1
        return m.labels_, core
    size, points = int(options["min_cluster_size"]), int(options["min_points"])
    if method == "hdbscan":
        from sklearn.cluster import HDBSCAN
        return HDBSCAN(min_cluster_size=size, min_samples=points).fit_predict(x), None
    import hdbscan
    order = np.random.default_rng(1).permutation(len(x)) if method == "shuffled" else np.arange(len(x))
    found = hdbscan.HDBSCAN(min_cluster_size=size, min_samples=points - 1, core_dist_n_jobs=1).fit_predict(x[order])     # itself not counted
    return found[np.argsort(order)], None


def labelled(path, label_columns, scale, out, method, k, *options):
    """options: NAME=VALUE..."""
    from threadpoolctl import threadpool_limits
    options = dict(o.split("=") for o in options)
    np, x = read(path, label_columns, scale)
    with threadpool_limits(1):
        found, core = find(np, x, method, int(k) if k != "-" else 0, options)
    core = np.ones(len(found), int) if core is None else core
    np.savetxt(out, np.column_stack([np.arange(1, len(found) + 1), found, core]), fmt="%d", delimiter=",")
    return ""


def find(np, x, method, k, options):
    """Labels, and core rows or None."""
    if method == "kmedoids":
        return medoids(x, k), None
    if method == "gmm":
        from sklearn.mixture import GaussianMixture
        m = GaussianMixture(k, covariance_type={"diagonal": "diag"}.get(options["covariance"], options["covariance"]), n_init=STARTS,
                            random_state=1)
        return m.fit_predict(x), None
    if method == "hierarchical":
        from scipy.cluster.hierarchy import fcluster, linkage
        return fcluster(linkage(x, options["linkage"]), k, "maxclust"), None
    if method in ("dbscan", "hdbscan", "hdbscan_package", "shuffled"):
        return density(np, x, method, options)
    return by_centres(np, x, method, k), None


def labelled_eps(path, label_columns, scale, min_points):
    """Radii to try: shares of the rows whose so many nearest, itself counted, are within."""
    from sklearn.neighbors import NearestNeighbors
    np, x = read(path, label_columns, scale)
    far = NearestNeighbors(n_neighbors=int(min_points)).fit(x).kneighbors(x)[0][:, -1]
    radii = [np.quantile(far, q) for q in (0.3, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)] + [f * far.max() for f in (1, 1.2, 1.5, 2)]
    return " ".join(f"{r:.6g}" for r in radii if r > 0)
