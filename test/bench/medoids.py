"""The peers' side of medoids.c: the packages kmedoids and kmodes, from the same start rows."""
import time

LEVELS = 5


def read(path, n, d):
    import numpy as np
    x = np.fromfile(path, np.float32, count=int(n) * int(d)).reshape(int(n), int(d))
    return np, x


def start_rows(np, n, k):
    j = np.arange(int(k), dtype=np.int64)
    return (2 * j + 1) * n // (2 * int(k))


def medoids(path, n, d, k):
    """Processor time, time by the clock, both with the distances; cost, passes."""
    import kmedoids
    from sklearn.metrics import pairwise_distances
    np, x = read(path, n, d)
    cpu, wall = time.process_time(), time.perf_counter()
    distances = pairwise_distances(x)
    r = kmedoids.fasterpam(distances, start_rows(np, len(x), k).astype(np.uint64), max_iter=100, n_cpu=1)
    return f"{time.process_time() - cpu:.6f} {time.perf_counter() - wall:.6f} {r.loss:.10g} {r.n_iter}"


def prototypes(path, n, d, codes, k):
    from kmodes.kprototypes import KPrototypes
    np, x = read(path, n, d)
    numbers = int(d) - int(codes)
    levels = np.clip(np.floor(x[:, numbers:] * np.float32(1.5) + np.float32(2.5)), 0, LEVELS - 1)
    mixed = np.concatenate([x[:, :numbers], levels], axis=1)
    at = start_rows(np, len(x), k)
    m = KPrototypes(int(k), init=[mixed[at, :numbers].astype(float), levels[at].astype(float)], n_init=1, gamma=0.5, max_iter=100)
    cpu, wall = time.process_time(), time.perf_counter()
    m.fit(mixed, categorical=list(range(numbers, int(d))))
    return f"{time.process_time() - cpu:.6f} {time.perf_counter() - wall:.6f} {m.cost_:.10g} {m.n_iter_}"
