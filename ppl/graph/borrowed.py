"""Names that other languages have for what is called otherwise here: Stan, BUGS, R, PyMC, NumPy, PyTorch.

Only suggestions are made of them: none of these names works.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ppl.graph.spelling import nearest

DISTRIBUTIONS = {
    "gaussian": "Normal",
    "norm": "Normal",
    "dnorm": "Normal",
    "dlnorm": "LogNormal",
    "dt": "StudentT",
    "t": "StudentT",
    "student": "StudentT",
    "dunif": "Uniform",
    "dgamma": "Gamma",
    "dbeta": "Beta",
    "dbern": "Bernoulli",
    "dbin": "Binomial",
    "dpois": "Poisson",
    "dexp": "Exponential",
    "dcat": "Categorical",
    "ddirch": "Dirichlet",
    "dmnorm": "MultiNormal",
    "dweib": "Weibull",
    "ddexp": "Laplace",
    "dlogis": "Logistic",
    "dnegbin": "NegativeBinomial",
    "doubleexponential": "Laplace",
    "negbin": "NegativeBinomial",
    "negbinomial": "NegativeBinomial",
    "negbinomial2": "NegativeBinomial",
    "invgamma": "InverseGamma",
    "multivariatenormal": "MultiNormal",
    "mvnormal": "MultiNormal",
    "mvn": "MultiNormal",
    "multinormalcholesky": "MultiNormal",
    "mvstudentt": "MultiStudentT",
    "kroneckernormal": "MatrixNormal",
    "lowrankmultivariatenormal": "LowRankMultiNormal",
    "gev": "GeneralizedExtremeValue",
    "genextreme": "GeneralizedExtremeValue",
    "paretotype2": "GeneralizedPareto",
    "lomax": "GeneralizedPareto",
    "maxwell": "GeneralizedGamma",
    "nakagami": "GeneralizedGamma",
    "chi": "GeneralizedGamma",
    "singhmaddala": "Burr",
    "wald": "InverseGaussian",
    "exgaussian": "ExponentiallyModifiedGaussian",
    "expmodnormal": "ExponentiallyModifiedGaussian",
    "reciprocal": "LogUniform",
    "stickbreakingweights": "StickBreaking",
    "lkjcorrcholesky": "LKJCholesky",
    "lkjcholeskycov": "LKJCholesky",
    "bernoullilogit": "Bernoulli",
    "binomiallogit": "Binomial",
    "poissonlog": "Poisson",
    "categoricallogit": "Categorical",
}
FUNCTIONS = {
    "invlogit": "expit",
    "sigmoid": "expit",
    "logistic": "expit",
    "ilogit": "expit",
    "plogis": "expit",
    "qlogis": "logit",
    "loginvlogit": "log_expit",
    "logsigmoid": "log_expit",
    "ln": "log",
    "lgamma": "gammaln",
    "loggamma": "gammaln",
    "std": "sd",
    "stdev": "sd",
    "variance": "var",
    "average": "mean",
    "log1pexp": "softplus",
    "log1minusexp": "log1mexp",
    "pnorm": "Phi",
    "normalcdf": "Phi",
    "qnorm": "probit",
    "invphi": "probit",
    "fabs": "abs",
    "sqr": "square",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "atan2": "arctan2",
    "fmax": "maximum",
    "fmin": "minimum",
    "fmod": "mod",
    "lchoose": "log_choose",
    "logdeterminant": "logdet",
    "inv": "inverse",
    "chol": "cholesky",
    "choleskydecompose": "cholesky",
}
PARAMETERS = {
    "mu": ("loc", "mean", "rate"),
    "mean": ("loc", "rate"),
    "location": ("loc",),
    "sigma": ("scale", "cov"),
    "sd": ("scale",),
    "std": ("scale",),
    "stddev": ("scale",),
    "nu": ("df",),
    "dof": ("df",),
    "p": ("prob", "probs"),
    "theta": ("prob", "probs"),
    "probability": ("prob", "probs"),
    "lam": ("rate",),
    "lambda": ("rate",),
    "lambda_": ("rate",),
    "phi": ("concentration",),
    "eta": ("concentration",),
    "alpha": ("concentration", "shape", "a"),
    "beta": ("rate", "scale", "b"),
    "total_count": ("n",),
    "size": ("n",),
    "trials": ("n",),
    "lower": ("low",),
    "upper": ("high",),
    "min": ("low",),
    "max": ("high",),
    "covariance": ("cov",),
    "prec": ("precision",),
}
TYPES = {
    "float": "real",
    "double": "real",
    "number": "real",
    "numeric": "real",
    "vector": "real",
    "matrix": "real",
    "array": "real",
    "integer": "int",
    "boolean": "bool",
    "logical": "bool",
}


def suggested(name: str, known: Iterable[str], borrowed: Mapping[str, str | tuple[str, ...]]) -> str | None:
    """The known name that another language's name, or a slip, stands for."""
    candidates = list(known)
    found = borrowed.get(name.lower().replace("_", "")) or borrowed.get(name.lower()) or ()
    for word in (found,) if isinstance(found, str) else found:
        if word in candidates:
            return word
    return nearest(name, candidates)


def asked(close: str | None) -> str:
    """The sentence "did you mean `x`?", or nothing."""
    return f"did you mean `{close}`?" if close else ""
