"""The same as linalg.c, by numpy and SciPy (their BLAS, one thread): imported by peers.py.

    linalg WHAT PRECISION M [N [K]]     answers SECONDS GFLOPS as linalg.c does

Run alone it asks the program whose name it is given, and prints both sides:

    python3 linalg.py PROGRAM [WHAT:PRECISION:M[:N[:K]] ...]
"""
import os
import subprocess
import sys
import time

if __name__ == "__main__":
    os.environ.pop("OPENBLAS_CORETYPE", None)   # let it choose its best kernels
    os.environ["OPENBLAS_NUM_THREADS"] = "1"    # before numpy is there; threadpoolctl is not needed then

DEFAULT = """product:f32:256 product:f32:512 product:f32:1024 product:f32:2048 product:f64:256 product:f64:512
    product:f64:1024 product:f64:2048 product:f32:10000:64:784 product:f64:64:64:100000 gram:f64:100:1:100000
    gram:f64:2000:1:2000 cholesky:f64:64 cholesky:f64:2000 cholesky:f32:2000 inverse:f64:2000 inverse:f32:2000
    inverse:f64:5000 inverse:f32:5000 eigen:f64:100 eigen:f64:500 eigen:f64:1000 eigen:f64:2000 qr:f64:1000:1000
    qr:f64:100000:60 svd:f64:5000:2000:50""".split()


def definite(m):
    import numpy as np
    i = np.arange(m)
    return 1.0 / (1 + np.abs(i[:, None] - i[None, :])) + np.eye(m)


def task(what, precision, m, n, k):
    """What to call with a fresh copy of a matrix, that matrix, and the operations of one call."""
    import numpy as np
    import scipy.linalg.lapack as lapack
    import scipy.linalg.blas as blas
    t = np.float32 if precision == "f32" else np.float64
    letter = "s" if precision == "f32" else "d"
    random = lambda rows, cols: (np.random.default_rng(1).random((rows, cols)) - 0.5).astype(t)
    if what == "product":
        b = random(k, n)
        return lambda a: a @ b, random(m, k), 2 * m * n * k
    if what == "gram":
        syrk = getattr(blas, letter + "syrk")
        return lambda a: syrk(1.0, a.T), random(k, m), m * m * k
    if what == "cholesky":
        potrf = getattr(lapack, letter + "potrf")
        return lambda a: potrf(a, overwrite_a=1), definite(m).astype(t, order="F"), m ** 3 / 3
    if what == "inverse":
        potrf, potri = getattr(lapack, letter + "potrf"), getattr(lapack, letter + "potri")
        return lambda a: potri(potrf(a, overwrite_a=1)[0], overwrite_c=1), definite(m).astype(t, order="F"), m ** 3
    if what == "eigen":
        return np.linalg.eigh, definite(m), 9 * m ** 3
    if what == "qr":
        return np.linalg.qr, random(m, n), 4 * m * n * n
    from sklearn.utils.extmath import randomized_svd
    run = lambda a: randomized_svd(a, k, n_oversamples=10, n_iter=2, power_iteration_normalizer="QR", random_state=0)
    return run, random(m, n), 12 * m * n * (k + 10)


def linalg(what, precision, m, n=None, k=None):
    m = int(m)
    run, a, operations = task(what, precision, m, int(n or m), int(k or m))
    best, total, count = 1e30, 0, 0
    while count < 3 or total < 0.5:
        copy = a.copy(order="K")
        start = time.process_time()
        run(copy)
        took = time.process_time() - start
        best, total, count = min(best, took), total + took, count + 1
    return f"{best:.6f} {operations / best / 1e9:.2f}"


def main(program, tasks):
    print("%-28s %12s %12s %8s" % ("", "ours", "numpy/SciPy", "ratio"))
    for t in tasks or DEFAULT:
        ours = float(subprocess.run([program, "linalg", *t.split(":")], capture_output=True, text=True).stdout.split()[2])
        theirs = float(linalg(*t.split(":")).split()[1])
        print("%-28s %7.1f GF/s %7.1f GF/s %8.2f" % (t, ours, theirs, ours / theirs), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
