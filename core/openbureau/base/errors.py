"""The error tree and its sentences.

    Exception
    ├── OperatorError           for the command line: both languages, exit status
    └── Problem                 for a page: status, code, four-part sentence
        ├── NotFound            404  not there, or not visible to this person
        │   └── NotEnabled      404  the unit's phase has not come
        ├── Forbidden           403  visible, but not allowed
        ├── SignInNeeded        401  answered by the sign-in page
        ├── TokenNeeded         401  of the API: no token, or one that is not taken
        ├── Invalid             422  the form comes back filled
        ├── MethodNotAllowed    405
        ├── NotAcceptable       406  of the API: another form of answer is wanted
        ├── Conflict            409  somebody else was first
        ├── Outdated            412  of the API: not the version that was named
        ├── TooLarge            413
        ├── UnknownMedia        415  of the API: another form of body was sent
        ├── VersionNeeded       428  of the API: no version was named
        ├── BadRequest          400
        ├── TooMany             429
        └── Unavailable         503  a part the page needs does not answer

Sentences have four parts in this order: what happened, what is unaffected, what
to do, code. They are Chinese message ids, translated when the page is rendered.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from openbureau.base.i18n import N_


class OperatorError(Exception):
    """A refusal on the command line: code, Chinese and English sentence, exit status."""

    def __init__(self, code: str, zh: str, en: str, exit_status: int = 1) -> None:
        super().__init__(f"[{code}] {zh}\n{' ' * (len(code) + 3)}{en}")
        self.code = code
        self.zh = zh
        self.en = en
        self.exit_status = exit_status


class Problem(Exception):
    """A page that cannot be answered as asked; rendered as an error page.

    `what`, `unaffected` and `remedy` are message ids; `params` fill their `%(name)s`.
    `restore_url` shows the refused form again with what was typed, where that was kept;
    `headers` go with the answer.
    """

    status: ClassVar[int] = 500
    code: str = "CORE-500"
    what: str = N_("系统遇到意外情况，这一步没有完成。")
    unaffected: str = N_("已保存的内容不受影响。")
    remedy: str = N_("请稍后重试；若仍不行，请把错误号告诉本单位管理员。")

    def __init__(
        self,
        what: str | None = None,
        *,
        unaffected: str | None = None,
        remedy: str | None = None,
        code: str | None = None,
        **params: Any,
    ) -> None:
        self.what = what or type(self).what
        self.unaffected = type(self).unaffected if unaffected is None else unaffected
        self.remedy = type(self).remedy if remedy is None else remedy
        self.code = code or type(self).code
        self.params = params
        self.restore_url = ""
        self.headers: dict[str, str] = {}
        super().__init__(self.what % params if params else self.what)


class BadRequest(Problem):
    """400: what the browser sent makes no sense."""

    status = 400
    code = "CORE-400"
    what = N_("浏览器发来的内容无法识别。")
    unaffected = N_("没有任何内容被改动。")
    remedy = N_("请返回上一页重试。")


class SignInNeeded(Problem):
    """401: nobody is signed in; a page leads to the sign-in page."""

    status = 401
    code = "CORE-401"
    what = N_("请先登录。")
    unaffected = ""
    remedy = N_("登录后将回到刚才的页面。")

    @classmethod
    def for_form(cls) -> "SignInNeeded":
        """What a form is told whose session has ended."""
        return cls(
            N_("登录已经结束，这张表单没有提交。"),
            unaffected=N_("表单里的内容还在上一页：按浏览器的返回键就能看到。"),
            remedy=N_("请在新窗口登录，重新打开表单，把上一页的内容复制过去再提交。"),
        )


class TokenNeeded(Problem):
    """401: a program showed no token, or one that is not taken."""

    status = 401
    code = "TOK-401"
    what = N_("请求没有带上可用的令牌。")
    unaffected = N_("没有任何内容被改动。")
    remedy = N_("请在 Authorization 请求头中写 Bearer 和令牌；令牌由管理员在「接口令牌」中发放。")

    def __init__(self, what: str | None = None, **given: Any) -> None:
        super().__init__(what, **given)
        # RFC 6750, 3.1: a token that was shown is named as the reason.
        error = "" if what is None else ', error="invalid_token"'
        self.headers["www-authenticate"] = f'Bearer realm="openbureau"{error}'


class Forbidden(Problem):
    """403: visible to this person, but not theirs to do."""

    status = 403
    code = "CORE-403"
    what = N_("您当前的身份不能进行这项操作。")
    unaffected = N_("没有任何内容被改动。")
    remedy = N_("如工作需要，请联系本单位管理员授予相应角色，或切换到有权限的身份。")


class NotFound(Problem):
    """404: not there, or not visible to this person; the two read the same."""

    status = 404
    code = "CORE-404"
    what = N_("没有找到这个页面或记录。")
    unaffected = N_("它可能已被移走，或不在您的查看范围内。")
    remedy = N_("请检查网址，或从菜单重新进入。")


class NotEnabled(NotFound):
    """404: the phase of the person's unit has not come."""

    code = "PLUG-404"
    what = N_("您所在的单位尚未启用「%(plugin)s」。")
    unaffected = N_("其他业务不受影响。")
    remedy = N_("该业务模块安排在第 %(phase)s 期启用，请咨询省局信息化工作人员。")


class MethodNotAllowed(Problem):
    """405: the page does not take this kind of request."""

    status = 405
    code = "CORE-405"
    what = N_("这个页面不接受这样的请求。")
    unaffected = N_("没有任何内容被改动。")
    remedy = N_("请从页面上的按钮重新操作。")

    @classmethod
    def among(cls, methods: Iterable[str], *, is_api: bool = False) -> "MethodNotAllowed":
        """The problem with the methods that the address does take, told to a program or not."""
        found = cls(remedy=N_("请改用应答头 Allow 中列出的方法。")) if is_api else cls()
        taken = {*methods, "HEAD"} if "GET" in methods else {*methods}
        found.headers["allow"] = ", ".join(sorted(taken))
        return found


class NotAcceptable(Problem):
    """406: the program wants another form of answer than there is."""

    status = 406
    code = "CORE-406"
    what = N_("这里只能用 JSON 应答。")
    unaffected = N_("没有任何内容被改动。")
    remedy = N_("请去掉 Accept 请求头，或写 application/json。")


class Conflict(Problem):
    """409: somebody else changed the record first."""

    status = 409
    code = "CORE-409"
    what = N_("这条记录刚刚被别人改动过。")
    unaffected = N_("您的改动没有覆盖对方的内容。")
    remedy = N_("请刷新后再改。")


class Outdated(Problem):
    """412: not the version of the record that the program has seen."""

    status = 412
    code = "CORE-412"
    what = N_("这条记录在您读取之后又被改动过。")
    unaffected = N_("没有任何内容被改动。")
    remedy = N_("请重新读取这条记录，用新的 ETag 再提交。")


class TooLarge(Problem):
    """413: more was sent than the page takes."""

    status = 413
    code = "CORE-413"
    what = N_("提交的内容超过了大小上限。")
    unaffected = N_("没有任何内容被保存。")
    remedy = N_("请减小文件或分几次提交。")


class UnknownMedia(Problem):
    """415: what was sent is in another form than is read here."""

    status = 415
    code = "CORE-415"
    what = N_("这里只读 JSON。")
    unaffected = N_("没有任何内容被改动。")
    remedy = N_("请以 UTF-8 发送 JSON，并写 Content-Type: application/json。")


class Invalid(Problem):
    """422: the form comes back filled, with its errors."""

    status = 422
    code = "CORE-422"
    what = N_("有几项内容需要改正。")
    unaffected = N_("您填写的内容都还在。")
    remedy = N_("请按提示改正后再提交。")


class VersionNeeded(Problem):
    """428: a change must name the version it is of."""

    status = 428
    code = "CORE-428"
    what = N_("没有写明要改的是哪个版本。")
    unaffected = N_("没有任何内容被改动。")
    remedy = N_("请先读取这条记录，把应答的 ETag 放进 If-Match 请求头。")


class TooMany(Problem):
    """429: too many attempts in too short a time."""

    status = 429
    code = "CORE-429"
    what = N_("操作过于频繁。")
    unaffected = N_("没有任何内容被改动。")
    remedy = N_("请稍等片刻再试。")


class Unavailable(Problem):
    """503: a part the page needs does not answer."""

    status = 503
    code = "CORE-503"
    what = N_("系统的一部分暂时没有响应，这一步没有完成。")
    unaffected = N_("没有任何内容被改动。")
    remedy = N_("请稍后重试；若仍不行，请把错误号告诉本单位管理员。")
