"""The peers' side of the recommenders: NumPy and SciPy as one would write it, and the package implicit.

    ease FILE L2 WAY                    the whole matrix of weights; WAY: inverse (numpy, double precision), cholesky (LAPACK's potrf and potri
                                        by SciPy, single precision)
    rp3beta FILE ALPHA BETA NEIGHBOURS  SciPy's sparse product and a selection per column
    als LIB FILE FACTORS PASSES         LIB: scipy (rows of the same length solved together), cg, cholesky (implicit)
    recommend_all ALGORITHM FILE SIZE N implicit's recommend for all customers in one call, seen items left out; ALGORITHM: ials, itemknn;
                                        SIZE: factors or neighbours

Each answers with processor time and time by the clock.  als and implicit: of PASSES passes, less those of one.
"""
import numpy as np
import scipy.sparse as sp

import peers


def ease(path, l2, way):
    x = peers.read_pairs(path, False)
    lapack = peers.need("scipy.linalg").lapack
    with peers.threads(1):
        with peers.Clock() as t:
            g = (x.T @ x).toarray().astype(np.float32 if way == "cholesky" else np.float64)
            g[np.diag_indices_from(g)] += float(l2)
            if way == "cholesky":
                factor, _ = lapack.spotrf(g.T, lower=0, overwrite_a=1)
                p, _ = lapack.spotri(factor, lower=0, overwrite_c=1)
                p = np.triu(p) + np.triu(p, 1).T
            else:
                p = np.linalg.inv(g)
            b = p / -np.diag(p)
            b[np.diag_indices_from(b)] = 0
    return str(t)


def rp3beta(path, alpha, beta, k):
    x = peers.read_pairs(path, False)
    alpha, beta, k = float(alpha), float(beta), int(k)
    with peers.threads(1):
        with peers.Clock() as t:
            customers = np.asarray(x.sum(axis=1)).ravel()
            items = np.asarray(x.sum(axis=0)).ravel()
            to = sp.diags(np.where(customers > 0, 1 / np.maximum(customers, 1), 0).astype(np.float32) ** alpha) @ x
            back = sp.diags(np.where(items > 0, 1 / np.maximum(items, 1), 0).astype(np.float32) ** alpha) @ x.T.tocsr()
            w = (back @ to).tocsr()
            w = w @ sp.diags(np.where(items > 0, np.maximum(items, 1) ** -beta, 0).astype(np.float32))
            w = peers.largest_per_column(w.T.tocsc(), k).T.tocsr()
            sums = np.asarray(w.sum(axis=1)).ravel()
            w = sp.diags(np.where(sums > 0, 1 / np.maximum(sums, 1e-30), 0).astype(np.float32)) @ w
            kept = peers.largest_per_column(w.tocsc(), k)
    return f"{t} {kept.nnz}"


def solve_rows(x, v, alpha, l2):
    """Rows of the same number of entries together: a stack of systems, solved by LAPACK."""
    d = v.shape[1]
    gram = alpha * (v.T @ v)
    u = np.zeros((x.shape[0], d), np.float32)
    length = np.diff(x.indptr)
    order = np.argsort(length, kind="stable")
    at = np.searchsorted(length[order], 1)
    while at < len(order):
        n = length[order[at]]
        rows = order[at:at + max(1, min(4096, 4_000_000 // (n * d)))]
        rows = rows[length[rows] == n]
        entries = v[x.indices[x.indptr[rows][:, None] + np.arange(n)]]
        a = gram + np.matmul(entries.transpose(0, 2, 1), entries)
        a[:, np.arange(d), np.arange(d)] += l2 * (n + alpha * x.shape[1])
        u[rows] = np.linalg.solve(a, entries.sum(axis=1)[:, :, None])[:, :, 0]
        at += len(rows)
    return u


def als_scipy(x, d, passes):
    v = np.random.default_rng(1).normal(0, 0.1 / d ** 0.5, (x.shape[1], d)).astype(np.float32)
    xt = x.T.tocsr()
    for _ in range(passes):
        u = solve_rows(x, v, 0.3, 0.01)
        v = solve_rows(xt, u, 0.3, 0.01)


def als_implicit(x, d, passes, cg):
    model = peers.need("implicit.cpu.als").AlternatingLeastSquares(factors=d, iterations=passes, num_threads=1, use_cg=cg, random_state=1)
    model.fit(x, show_progress=False)
    return model


def als(lib, path, d, passes):
    x = peers.read_pairs(path, False)
    seconds = []
    with peers.threads(1):
        for n in (1, int(passes)):
            with peers.Clock() as t:
                if lib == "scipy":
                    als_scipy(x, int(d), n)
                else:
                    als_implicit(x, int(d), n, lib == "cg")
            seconds.append((t.cpu, t.wall))
    return " ".join(f"{(b - a) / (int(passes) - 1):.6f}" for a, b in zip(*seconds))


def recommender(algorithm, x, size, threads):
    """A fitted one of implicit; threads 0: as many as there are processors."""
    if algorithm == "ials":
        model = peers.need("implicit.cpu.als").AlternatingLeastSquares(factors=size, iterations=2, num_threads=threads, use_cg=True, random_state=1)
    else:
        model = peers.need("implicit.nearest_neighbours").CosineRecommender(K=size + 1, num_threads=threads)
    model.fit(x, show_progress=False)
    return model


def recommend_all(algorithm, path, size, n):
    x = peers.read_pairs(path, False)
    with peers.threads(1):
        model = recommender(algorithm, x, int(size), 1)
        with peers.Clock() as t:
            model.recommend(np.arange(x.shape[0]), x, N=int(n), filter_already_liked_items=True)
    return str(t)
