"""Who may act: the roles of the offices that carry a case (经办角色)."""

from enum import StrEnum


class Role(StrEnum):
    """The part a person plays when acting; rights follow the role, never the person alone."""

    VILLAGE_CLERK = "village_clerk"  # 村(居)低保员
    TOWNSHIP_CLERK = "township_clerk"  # 乡镇(街道)经办人员
    COUNTY_OFFICER = "county_officer"  # 县级民政部门经办人员
    COUNTY_APPROVER = "county_approver"  # 县级民政部门审批人
    PAYMASTER = "paymaster"  # 资金发放人员
    AUDITOR = "auditor"  # 审计人员
    OPERATOR = "operator"  # 系统管理员
    SYSTEM = "system"  # 定时任务


LABELS_ZH: dict[Role, str] = {
    Role.VILLAGE_CLERK: "村(居)低保员",
    Role.TOWNSHIP_CLERK: "乡镇(街道)经办人员",
    Role.COUNTY_OFFICER: "县级民政部门经办人员",
    Role.COUNTY_APPROVER: "县级民政部门审批人",
    Role.PAYMASTER: "资金发放人员",
    Role.AUDITOR: "审计人员",
    Role.OPERATOR: "系统管理员",
    Role.SYSTEM: "定时任务",
}
