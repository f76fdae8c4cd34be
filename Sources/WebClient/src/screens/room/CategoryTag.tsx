import { useEffect } from "react";
import { loadCategories, useCategoryName } from "../../components/categories";

export function CategoryTag({ id }: { id: string }) {
  const name = useCategoryName(id);
  useEffect(loadCategories, []);
  return <span className="tag">{name}</span>;
}
