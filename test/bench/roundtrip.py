"""What one does without the extension: take the rows out of the database, work, bring the result back.

Rows travel through psql; its output is read while it still writes, so that the
server and Python work at the same time.  Both ways end with a primary key, as the
members table has one.  Environment: PGHOST and the like, CLUSTERSEG_BIN.
"""
import io
import os
import subprocess
import time

import peers


def psql(*args):
    program = os.path.join(os.environ.get("CLUSTERSEG_BIN", ""), "psql")
    return [program, "-X", "-q", "-v", "ON_ERROR_STOP=1", *args]


def sql(text):
    subprocess.run(psql("-c", text), check=True, stdout=subprocess.DEVNULL)


class Out:
    """Bytes of COPY ... TO STDOUT, as a file."""

    def __init__(self, copy):
        self.process = subprocess.Popen(psql("-c", copy), stdout=subprocess.PIPE, bufsize=1 << 20)

    def __enter__(self):
        return self.process.stdout

    def __exit__(self, *_):
        self.process.stdout.close()
        if self.process.wait() != 0:
            raise RuntimeError("COPY out failed")


def copy_in(copy, write):
    p = subprocess.Popen(psql("-c", copy), stdin=subprocess.PIPE, bufsize=1 << 20)
    write(p.stdin)
    p.stdin.close()
    if p.wait() != 0:
        raise RuntimeError("COPY in failed")


class Laps:
    def __init__(self):
        self.start = self.last = time.perf_counter()
        self.laps = []

    def lap(self):
        now = time.perf_counter()
        self.laps.append(now - self.last)
        self.last = now

    def __str__(self):
        return " ".join(f"{x:.6f}" for x in [time.perf_counter() - self.start, *self.laps])


# ---- customers: key and features out, key, segment and distance back ----

def read_csv(table):
    pd = peers.need("pandas")
    with Out(f"COPY {table} TO STDOUT (FORMAT csv, HEADER)") as f:
        df = pd.read_csv(f)
    return df.iloc[:, 0].to_numpy(), df.iloc[:, 1:].to_numpy(dtype="float32")


def read_binary(table):
    """Every row is as long as the first: all columns are NOT NULL and of fixed width."""
    np = peers.need("numpy")
    with Out(f"COPY {table} TO STDOUT (FORMAT binary)") as f:
        raw = f.read()
    fields = int.from_bytes(raw[19:21], "big")
    kind = np.dtype([("n", ">i2"), ("len", ">i4"), ("key", ">i8")] +
                    [p for i in range(fields - 1) for p in ((f"len{i}", ">i4"), (f"c{i}", ">f8"))])
    rows = np.frombuffer(raw, kind, offset=19, count=(len(raw) - 21) // kind.itemsize)
    return rows["key"].astype("i8"), np.stack([rows[f"c{i}"] for i in range(fields - 1)], 1).astype("f4")


def write_csv(copy, key, label, distance):
    pd = peers.need("pandas")
    df = pd.DataFrame({"key": key, "segment_id": label, "distance": distance})
    copy_in(copy + " (FORMAT csv)", lambda f: df.to_csv(f, index=False, header=False))


def write_binary(copy, key, label, distance):
    np = peers.need("numpy")
    rows = np.empty(len(key), np.dtype([("n", ">i2"), ("l1", ">i4"), ("key", ">i8"), ("l2", ">i4"), ("label", ">i4"),
                                        ("l3", ">i4"), ("distance", ">f8")]))
    rows["n"], rows["l1"], rows["l2"], rows["l3"] = 3, 8, 4, 8
    rows["key"], rows["label"], rows["distance"] = key, label, distance
    copy_in(copy + " (FORMAT binary)",
            lambda f: f.write(b"PGCOPY\n\xff\r\n\0" + bytes(8) + rows.tobytes() + b"\xff\xff"))


def customers(table, k, way):
    """Answers: seconds in all, read, fit, write."""
    np = peers.need("numpy")
    kmeans = peers.need("sklearn.cluster").KMeans
    read, write = (read_csv, write_csv) if way == "csv" else (read_binary, write_binary)
    sql("DROP TABLE IF EXISTS peer_members")
    t = Laps()
    key, x = read(table)
    t.lap()
    x = (x - x.mean(0, dtype="f8").astype("f4")) / x.std(0, dtype="f8").astype("f4")
    m = kmeans(int(k), random_state=42).fit(x)
    distance = np.sqrt(((x - m.cluster_centers_[m.labels_]) ** 2).sum(1))
    t.lap()
    sql("CREATE TABLE peer_members (id bigint NOT NULL, segment_id int NOT NULL, distance float8)")
    write("COPY peer_members FROM STDIN", key, m.labels_, distance)
    sql("ALTER TABLE peer_members ADD PRIMARY KEY (id)")
    t.lap()
    return f"{t} {m.n_iter_}"


# ---- events: pairs out, similarities of items back ----

def events(table):
    """Answers: seconds in all, read, fit, write."""
    np, pd, sp = peers.need("numpy"), peers.need("pandas"), peers.need("scipy.sparse")
    sql("DROP TABLE IF EXISTS peer_neighbours")
    t = Laps()
    with Out(f"COPY (SELECT customer, item FROM {table}) TO STDOUT (FORMAT csv)") as f:
        df = pd.read_csv(f, names=["customer", "item"])
    t.lap()
    customer, _ = pd.factorize(df["customer"])
    item, names = pd.factorize(df["item"], sort=True)
    x = sp.csr_matrix((np.ones(len(df), np.float32), (customer, item)))
    x.sum_duplicates()
    x.data[:] = 1
    kept = peers.similarities(x, 50)
    t.lap()
    sql("CREATE TABLE peer_neighbours (target int NOT NULL, source int NOT NULL, weight real NOT NULL)")
    target = np.repeat(np.arange(kept.shape[1]), np.diff(kept.indptr))
    text = io.StringIO()
    pd.DataFrame({"t": target, "s": kept.indices, "w": kept.data}).to_csv(text, index=False, header=False)
    copy_in("COPY peer_neighbours FROM STDIN (FORMAT csv)", lambda f: f.write(text.getvalue().encode()))
    sql("ALTER TABLE peer_neighbours ADD PRIMARY KEY (source, target)")
    t.lap()
    return f"{t} {kept.nnz}"


# ---- events: pairs out, lists of items for all customers back; the model is there already ----

def lists(table, algorithm, size, n):
    """Answers: seconds in all, read, work, write."""
    import reco_peers
    np, pd, sp = peers.need("numpy"), peers.need("pandas"), peers.need("scipy.sparse")
    n = int(n)

    def read():
        with Out(f"COPY (SELECT customer, item FROM {table}) TO STDOUT (FORMAT csv)") as f:
            df = pd.read_csv(f, names=["customer", "item"])
        customer, people = pd.factorize(df["customer"], sort=True)
        item, names = pd.factorize(df["item"], sort=True)
        x = sp.csr_matrix((np.ones(len(df), np.float32), (customer, item)))
        x.sum_duplicates()
        x.data[:] = 1
        return x, people, names

    model = reco_peers.recommender(algorithm, read()[0], int(size), 0)
    sql("DROP TABLE IF EXISTS peer_lists")
    t = Laps()
    x, people, names = read()
    t.lap()
    items, scores = model.recommend(np.arange(x.shape[0]), x, N=n, filter_already_liked_items=True)
    t.lap()
    sql("CREATE TABLE peer_lists (customer_id int NOT NULL, rank int NOT NULL, item_id text NOT NULL, score float8)")
    df = pd.DataFrame({"c": np.repeat(people, n), "r": np.tile(np.arange(1, n + 1), len(people)), "i": np.asarray(names)[items.ravel()],
                       "s": scores.ravel()})
    copy_in("COPY peer_lists FROM STDIN (FORMAT csv)", lambda f: df.to_csv(f, index=False, header=False))
    t.lap()
    return str(t)
